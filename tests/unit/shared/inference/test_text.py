"""Text: cleaned once and for all, then turned into the ids that the model learned."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from shared.errors import ConfigError
from shared.inference.text import TextEncoder, canonical_text, pad

PIECES = [
    *("&", "amp;", "&lt;", "lt;", "gt;", "#39;", "<br", "/>", ">", "<", "http://", "https://t.co/x"),
    *("e", "\u0301", "\u0338", "\u037e", "\u212a", "\x00", "\u2000", "\u200d", " ", "\n", "\U0001f600"),
]


@pytest.fixture
def encoder() -> TextEncoder:
    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "my": 2, "card": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return TextEncoder(tokenizer, max_tokens=4)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  my\n\ncard\t", "my card"),
        ("Profit up https://t.co/AbC today", "Profit up today"),
        ("AT&amp;T &lt;b&gt; it&#39;s", "AT&T <b> it's"),
        ("&amp;amp;lt;", "<"),
        ("good<br /><br />film<BR>end", "good film end"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\x00b\x1bc", "a b c"),
        ("Keep CASE, <brown> and 5 < 6", "Keep CASE, <brown> and 5 < 6"),
        ("https://only.a/link", ""),
    ],
)
def test_markup_links_and_controls_leave_the_text(raw: str, clean: str) -> None:
    assert canonical_text(raw) == clean


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = canonical_text(text)

    assert canonical_text(once) == once


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_any_kind_is_cleaned_in_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started_s = time.process_time()

    canonical_text(text)

    assert time.process_time() - started_s < 5.0


def test_rows_are_int32_and_cut_to_the_most_tokens(encoder: TextEncoder) -> None:
    short, long = encoder.encode_batch(["my  card", "my card my card my card"])

    assert short.dtype == np.int32
    assert short.tolist() == [2, 3]
    assert long.tolist() == [2, 3, 2, 3]


def test_padding_fills_the_end_of_each_row_with_zeros(encoder: TextEncoder) -> None:
    rows = pad(encoder.encode_batch(["my card", "", "card"]), 3)

    assert rows.dtype == np.int32
    assert rows.tolist() == [[2, 3, 0], [0, 0, 0], [3, 0, 0]]


def test_a_row_longer_than_the_padding_is_refused(encoder: TextEncoder) -> None:
    with pytest.raises(ValueError, match="broadcast"):
        pad(encoder.encode_batch(["my card my"]), 2)


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_a_missing_or_broken_tokenizer_is_a_wrong_set_up(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigError, match=re.escape(str(path))):
        TextEncoder.load(path, max_tokens=8)
