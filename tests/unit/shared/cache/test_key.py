"""KeySpace: equal keys mean equal results, and nothing else does."""

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.cache.key import KeySpace

spaces = st.tuples(st.text(), st.text(), st.text(), st.text())


def key_of(space: tuple[str, str, str, str], canonical_input: bytes) -> bytes:
    task, model, version, preprocessing_hash = space
    keys = KeySpace(task, model=model, version=version, preprocessing_hash=preprocessing_hash)
    return keys.key(canonical_input)


@given(spaces, st.binary())
def test_the_same_question_always_has_the_same_key(space: tuple[str, str, str, str], question: bytes) -> None:
    assert key_of(space, question) == key_of(space, question)


@given(spaces, spaces, st.binary(), st.binary())
def test_different_questions_have_different_keys(
    space: tuple[str, str, str, str], other_space: tuple[str, str, str, str], question: bytes, other: bytes
) -> None:
    assume((space, question) != (other_space, other))

    assert key_of(space, question) != key_of(other_space, other)


def test_moving_a_letter_from_one_part_to_the_next_changes_the_key() -> None:
    keys = {
        key_of(("ab", "c", "1", "h"), b"x"),
        key_of(("a", "bc", "1", "h"), b"x"),
        key_of(("ab", "c", "1", ""), b"hx"),
        key_of(("ab", "c1", "", "h"), b"x"),
    }

    assert len(keys) == 4


def test_a_key_can_be_read_and_belongs_to_us() -> None:
    key = key_of(("intent", "support_intent", "1", "abc"), b"where is my card")

    assert key.startswith(b"tidemill:")
    assert key.isascii()
    assert len(bytes.fromhex(key.rpartition(b":")[2].decode())) >= 16
