"""Words: their pieces, how they are written, and where they stand in the text as it came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from shared.inference.text import PAD_ID, TextEncoder, blanked_text, canonical_text
from shared.inference.words import PIECES, Shape, WordEncoder, shape_of

LETTERS = {piece: number for number, piece in enumerate("abcdefghijklmnopqrstuvwxyz&;#'<>/:.-139", start=2)}
ENDINGS = {f"##{piece}": len(LETTERS) + number for piece, number in LETTERS.items()}


def a_tokenizer() -> Tokenizer:
    """Fold case, split at spaces and marks, and spell words by letters."""
    tokenizer = Tokenizer(
        models.WordPiece({"[PAD]": PAD_ID, "[UNK]": 1, **LETTERS, **ENDINGS}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder(a_tokenizer(), max_tokens=64)


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("1996", Shape.NUMBER),
        ("-", Shape.MARK),
        ("3rd", Shape.WITH_DIGITS),
        ("win", Shape.LOWER),
        ("EU", Shape.UPPER),
        ("U", Shape.INITIAL),
        ("Japan", Shape.CAPITALISED),
        ("iPhone", Shape.MIXED),
        ("\u4e2d", Shape.CASELESS),
    ],
)
def test_a_word_has_the_shape_in_which_it_is_written(word: str, shape: Shape) -> None:
    assert shape_of(word) is shape


def test_each_piece_of_a_word_carries_its_shape(encoder: WordEncoder) -> None:
    (ids,) = encoder.encode(["EU a"])

    assert (ids // PIECES).tolist() == [Shape.UPPER, Shape.UPPER, Shape.LOWER]
    assert (ids % PIECES).tolist() == [LETTERS["e"], ENDINGS["##u"], LETTERS["a"]]


def test_words_are_found_where_they_stand_in_the_text_as_it_came(encoder: WordEncoder) -> None:
    text = "  Japan's\twin: Caf\u00e9"

    words = encoder.words(text)

    assert [text[word.start : word.end] for word in words] == ["Japan", "'", "s", "win", ":", "Caf\u00e9"]
    assert [word.place for word in words] == [0, 5, 6, 7, 10, 11]


def test_a_text_as_printed_and_one_of_tokens_are_the_same_to_the_model(encoder: WordEncoder) -> None:
    printed, joined = encoder.encode(["Japan's win, at last.", "Japan 's win , at last ."])

    assert printed.tolist() == joined.tolist()


def test_a_mark_between_two_words_joins_them_unless_spaces_or_marks_stand_there(encoder: WordEncoder) -> None:
    rows = encoder.encode(["a-b", "a - b", "a.-b", "a'b", "a.b."])

    shapes = [[Shape(shape) for shape in (ids // PIECES)[1::2]] for ids in rows]
    assert shapes[0] == [Shape.JOINT]
    assert shapes[1] == shapes[3] == [Shape.MARK]
    assert shapes[2] == [Shape.MARK, Shape.LOWER]
    assert shapes[4] == [Shape.JOINT, Shape.MARK]


def test_words_behind_the_longest_input_are_not_there() -> None:
    short = WordEncoder(a_tokenizer(), max_tokens=3)

    assert [word.place for word in short.words("ab c d e")] == [0, 2]


PARTS = [
    *("AT", "&", "amp;", "&lt;", "lt;", "&nbsp;", "#39;", "<br", "/>", ">", "<", "http://", "https://a.b/x"),
    *("e", "\u0301", "\x00", "\u2000", " ", "\n", "-"),
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_what_is_blanked_leaves_everything_else_at_its_place(text: str) -> None:
    blanked = blanked_text(text)

    assert len(blanked) == len(text)


@pytest.mark.parametrize(
    "text",
    ["AT&amp;T up https://t.co/x today", "a<br />b", "&quot;so&quot;", "a\x00b", "&amp;amp;lt;a", "x&nbsp;y"],
)
def test_a_blanked_text_has_the_pieces_of_the_cleaned_one(text: str) -> None:
    encoder = TextEncoder(a_tokenizer(), max_tokens=64)

    blanked, cleaned = encoder.encode_canonical([blanked_text(text), canonical_text(text)])

    assert blanked.tolist() == cleaned.tolist()
