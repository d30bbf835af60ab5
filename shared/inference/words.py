"""Conversion of text into pieces of which the first of each word is labelled, as in training.

The tokenizer folds case. The shape of each word (capitals, digits) is kept in the same number as the piece,
so batching, padding and cache handle one tensor only.
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
"""An input id is `shape * PIECES + piece`; no vocabulary is larger."""

_APOSTROPHES = "'\u2019"
"""Data sets split words before them, so they never join two words."""


class Shape(IntEnum):
    """Spelling of a word: capitals, digits or marks."""

    NONE = 0
    """Padding, and pieces that belong to no word."""

    NUMBER = 1
    MARK = 2
    """Neither letter nor digit."""

    JOINT = 3
    """A mark that joins two words, such as the hyphen of `Al-Ain`."""

    WITH_DIGITS = 4
    LOWER = 5
    UPPER = 6
    INITIAL = 7
    """A single capital letter."""

    CAPITALISED = 8
    MIXED = 9
    CASELESS = 10
    """Letters of a script without capitals."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters and digits, or one mark, with its position in the text in code points."""

    start: int
    end: int
    place: int
    """Index of its first piece among the ids; the model's output there is the word's."""

    stop: int
    """Index behind its last piece."""


class WordEncoder:
    """Encodes text as the token ids that one model was trained on, and finds the words of the ids.

    A text with a space between all tokens, as in data sets, gives the ids of the printed text: spaces matter
    only around marks that join, and those are within a token.
    """

    def __init__(self, tokenizer: Tokenizer, *, max_tokens: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, tokenizer_json: Path, *, max_tokens: int) -> Self:
        """Return the encoder in a `tokenizer.json`. Raises the errors of `load_tokenizer`."""
        return cls(load_tokenizer(tokenizer_json), max_tokens=max_tokens)

    def encode(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of each text, shapes included, int32 [tokens], cut to `max_tokens`, unpadded."""
        return [self._ids(text, self._encoding(text)) for text in texts]

    def words(self, text: str) -> list[Word]:
        """Return the words of a text, in order, up to `max_tokens`."""
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
    """Return the shape of a word."""
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
