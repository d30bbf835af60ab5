"""Rows as networks take them: inputs, and the right answer of each output."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from shared.inference.image import Pixels
from shared.inference.text import Ids, TextEncoder, pad
from training.data import TextRows

UNKNOWN = -100
"""The target of a row that a head learns nothing from; torch's losses skip it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Model inputs, and for each output the right column of each row."""

    inputs: Sequence[Ids] | Pixels
    targets: Mapping[str, NDArray[np.int64]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.inputs)

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """Return these rows only, in this order."""
        inputs = self.inputs[rows] if isinstance(self.inputs, np.ndarray) else [self.inputs[r] for r in rows]
        return Examples(inputs, {name: target[rows] for name, target in self.targets.items()})

    def split(self, share: float, seed: int) -> tuple["Examples", "Examples"]:
        """Return the rows without, and with only, a random `share` of them."""
        order = np.random.default_rng(seed).permutation(len(self))
        cut = max(1, round(share * len(self)))
        return self.take(np.sort(order[cut:])), self.take(np.sort(order[:cut]))

    def some(self, count: int, seed: int) -> "Examples":
        """Return `count` random rows; all where there are no more."""
        return self.take(np.random.default_rng(seed).permutation(len(self))[:count])

    def shortened(self, max_tokens: int) -> "Examples":
        """Return the same texts, of each the first `max_tokens` only."""
        return Examples([ids[:max_tokens] for ids in self.inputs], self.targets)

    def input_array(self) -> NDArray[np.int32] | Pixels:
        """Return all inputs as one array, text padded to the longest row."""
        if isinstance(self.inputs, np.ndarray):
            return self.inputs
        return pad(self.inputs, max(len(row) for row in self.inputs))

    def batches(self, size: int, *, order: NDArray[np.int64]) -> Iterator["Examples"]:
        """Yield the rows of `order` in pieces of at most `size`."""
        for start in range(0, len(order), size):
            yield self.take(order[start : start + size])

    def lengths(self) -> NDArray[np.int64]:
        """Return the tokens of each row; images are all alike."""
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
