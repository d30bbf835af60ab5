"""Sealed values: what is damaged, or belongs to another key, is never returned."""

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.cache.checksum import checked_value, with_checksum

keys = st.binary(min_size=1, max_size=64)


@given(keys, st.binary())
def test_a_whole_value_comes_back(key: bytes, value: bytes) -> None:
    assert checked_value(key, with_checksum(key, value)) == value


@given(keys, st.binary(min_size=1), st.data())
def test_one_changed_bit_is_noticed(key: bytes, value: bytes, choice: st.DataObject) -> None:
    stored = bytearray(with_checksum(key, value))
    position = choice.draw(st.integers(0, len(stored) - 1))
    stored[position] ^= 1 << choice.draw(st.integers(0, 7))

    assert checked_value(key, bytes(stored)) is None


@given(keys, st.binary(), st.data())
def test_a_value_cut_short_is_noticed(key: bytes, value: bytes, choice: st.DataObject) -> None:
    stored = with_checksum(key, value)

    assert checked_value(key, stored[: choice.draw(st.integers(0, len(stored) - 1))]) is None


@given(keys, keys, st.binary())
def test_the_value_of_another_key_is_noticed(key: bytes, other: bytes, value: bytes) -> None:
    assume(key != other)

    assert checked_value(key, with_checksum(other, value)) is None
