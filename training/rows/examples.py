"""Examples: inputs of a network with the right answer of each output."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from evaluation.tagged import TaggedRows
from evaluation.texts import TextRows
from shared.inference.image import Pixels
from shared.inference.spans import OUTSIDE, kind_of
from shared.inference.text import Ids, TextEncoder, pad
from shared.inference.words import Word, WordEncoder

UNKNOWN = -100
"""Target of a row that a head does not learn from; torch's losses skip it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Model inputs, and the right column of each row or token for each output."""

    inputs: Sequence[Ids] | Pixels
    targets: Mapping[str, NDArray[np.int64]]
    """int64 [rows]; for outputs per token [rows, longest], `UNKNOWN` behind the end."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.inputs)

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """Return these rows, in this order."""
        if isinstance(self.inputs, np.ndarray):
            return Examples(self.inputs[rows], {name: target[rows] for name, target in self.targets.items()})
        inputs = [self.inputs[row] for row in rows]
        # Of targets a token, those that the longest row of the choice has.
        longest = (slice(None), slice(max(map(len, inputs), default=0)))
        return Examples(
            inputs, {name: target[rows][longest[: target.ndim]] for name, target in self.targets.items()}
        )

    def split(self, share: float, seed: int) -> tuple["Examples", "Examples"]:
        """Return the rows without a random `share` of them, and that share."""
        order = np.random.default_rng(seed).permutation(len(self))
        cut = max(1, round(share * len(self)))
        return self.take(np.sort(order[cut:])), self.take(np.sort(order[:cut]))

    def some(self, count: int, seed: int) -> "Examples":
        """Return `count` random rows; all when there are no more."""
        return self.take(np.random.default_rng(seed).permutation(len(self))[:count])

    def shortened(self, max_tokens: int) -> "Examples":
        """Return the same rows, each cut to its first `max_tokens`."""
        return Examples([ids[:max_tokens] for ids in self.inputs], self.targets)

    def input_array(self) -> NDArray[np.int32] | Pixels:
        """Return all inputs as one array; texts are padded to the longest row."""
        if isinstance(self.inputs, np.ndarray):
            return self.inputs
        return pad(self.inputs, max(len(row) for row in self.inputs))

    def batches(self, size: int, *, order: NDArray[np.int64]) -> Iterator["Examples"]:
        """Yield the rows of `order` in batches of at most `size`."""
        for start in range(0, len(order), size):
            yield self.take(order[start : start + size])

    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of each row; images count alike."""
        if isinstance(self.inputs, np.ndarray):
            return np.ones(len(self), dtype=np.int64)
        return np.array([len(row) for row in self.inputs], dtype=np.int64)


def text_examples(tokenizer: Tokenizer, max_tokens: int, rows: Mapping[str, TextRows]) -> Examples:
    """Return the rows of all outputs together; each row is `UNKNOWN` to the other outputs."""
    encoder = TextEncoder(tokenizer, max_tokens=max_tokens)
    inputs = [ids for part in rows.values() for ids in encoder.encode_batch(part.texts)]
    targets = {name: np.full(len(inputs), UNKNOWN, dtype=np.int64) for name in rows}
    start = 0
    for name, part in rows.items():
        targets[name][start : start + len(part.labels)] = part.labels
        start += len(part.labels)
    return Examples(inputs, targets)


def word_examples(encoder: WordEncoder, labels: Sequence[str], rows: TaggedRows) -> Examples:
    """Return texts with the label of each word at its first piece, for the output `logits`."""
    texts = [" ".join(words) for words in rows.words]
    inputs = encoder.encode(texts)
    target = np.full((len(texts), max(map(len, inputs), default=0)), UNKNOWN, dtype=np.int64)
    numbers = {label: number for number, label in enumerate(labels)}
    for row, text in enumerate(texts):
        words = encoder.words(text)
        for word, tag in zip(words, _tags_of(words, rows.words[row], rows.tags[row]), strict=True):
            target[row, word.place] = numbers[tag]
    return Examples(inputs, {"logits": target})


def _tags_of(words: Sequence[Word], tokens: Sequence[str], tags: Sequence[str]) -> Iterator[str]:
    """Yield the tag of each word; a token of the data set may be several words, such as `AL-AIN`."""
    ends = list(accumulate(len(token) + 1 for token in tokens))
    before = -1
    for word in words:
        token = bisect_right(ends, word.start)
        yield f"I-{kind_of(tags[token])}" if token == before and tags[token] != OUTSIDE else tags[token]
        before = token
