"""Turns text into pieces of which each word's first one gets a label: the one way, for training and serving.

The tokenizer folds case. What that loses comes back as the shape of each word, in the same number as the
piece, so that batching, padding and cache know of one tensor only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Encoding, Tokenizer

from shared.inference.text import Ids, load_tokenizer

PIECES = 2**20
"""An input id is `shape * PIECES + piece`; no vocabulary is as large."""

_APOSTROPHES = "'\u2019"
"""Data sets part words in front of them, so they never join."""


class Shape(IntEnum):
    """How a word is written."""

    NONE = 0
    """Of pieces that stand for no word, and of padding."""

    NUMBER = 1
    MARK = 2
    """No letter and no digit."""

    JOINT = 3
    """A mark that joins two words, such as the hyphen of `Al-Ain`."""

    WITH_DIGITS = 4
    LOWER = 5
    UPPER = 6
    INITIAL = 7
    """One capital letter alone."""

    CAPITALISED = 8
    MIXED = 9
    CASELESS = 10
    """Letters of a script without capitals."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters and digits, or one mark: where it stands in the text, in code points."""

    start: int
    end: int
    place: int
    """Of its first piece among the ids; the model's answer there is the word's."""

    stop: int
    """The place behind its last piece."""


class WordEncoder:
    """Encodes text as the ids that one model was trained on, and finds its words again.

    A text of which each token stands alone, as in data sets, gives the ids of the text as printed: spaces
    make no difference but around marks that join, and those stand within a token.
    """

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, tokenizer_json: Path, *, max_tokens: int) -> Self:
        """Return the encoder kept in a `tokenizer.json`. Raises what `load_tokenizer` raises."""
        return cls(load_tokenizer(tokenizer_json), max_tokens=max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of each text, shapes included, int32 [tokens], cut to `max_tokens`, unpadded."""
        return [self._ids(text, self._encoding(text)) for text in texts]

    def words(self, text: str) -> list[Word]:
        """Return the words of a text, in order, as far as `max_tokens` reach."""
        return list(_words(self._encoding(text)))

    def _encoding(self, text: str) -> Encoding:
        # In a batch of one: `encode` would keep other threads from running.
        return self._tokenizer.encode_batch([text])[0]

    def _ids(self, text: str, encoding: Encoding) -> Ids:
        ids = np.array(encoding.ids, dtype=np.int32)
        for word in _words(encoding):
            ids[word.place : word.stop] += _shape_in(text, word) * PIECES
        return ids


def _words(encoding: Encoding) -> Iterator[Word]:
    offsets = encoding.offsets
    numbered = ((word, place) for place, word in enumerate(encoding.word_ids) if word is not None)
    for _, group in groupby(numbered, itemgetter(0)):
        places = [place for _, place in group]
        first, last = places[0], places[-1]
        yield Word(offsets[first][0], offsets[last][1], place=first, stop=last + 1)


def _shape_in(text: str, word: Word) -> Shape:
    shape = shape_of(text[word.start : word.end])
    neighbours = (text[max(0, word.start - 1) : word.start], text[word.end : word.end + 1])
    joins = shape is Shape.MARK and all(map(str.isalnum, neighbours)) and text[word.start] not in _APOSTROPHES
    return Shape.JOINT if joins else shape


def shape_of(word: str) -> Shape:
    """Return how a word is written."""
    if word.isdigit():
        return Shape.NUMBER
    if not any(map(str.isalnum, word)):
        return Shape.MARK
    if any(map(str.isdigit, word)):
        return Shape.WITH_DIGITS
    return _case_of(word)


def _case_of(word: str) -> Shape:
    if word.islower():
        return Shape.LOWER
    if word.isupper():
        return Shape.UPPER if len(word) > 1 else Shape.INITIAL
    if word.istitle():
        return Shape.CAPITALISED
    return Shape.MIXED if word.lower() != word else Shape.CASELESS
