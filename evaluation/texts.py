"""Texts and labels as rows: labels are numbered, none is too rare, and each text occurs once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.errors import ConfigError
from shared.inference.text import canonical_text

Labels = NDArray[np.int64]
Pairs = Sequence[tuple[str, str]]
"""Texts with the names of their labels."""

_FEWEST_ROWS = 2
"""A label needs one row for training and one for validation."""

_SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class TextRows:
    """Texts and the index of each label in the data set's list of labels."""

    texts: Sequence[str]
    labels: Labels

    def take(self, rows: NDArray[np.int64]) -> "TextRows":
        """Return these rows."""
        return TextRows([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True, slots=True)
class TextSet:
    """A labelled text data set with the test rows of its authors."""

    label_names: tuple[str, ...]
    train: TextRows
    test: TextRows


def text_set(names: Sequence[str], train: Pairs, *, test: Pairs, path: Path) -> TextSet:
    """Return texts and labels, the labels as indices of `names`; `path` is named in errors.

    Raises ConfigError when a row has another label, or a label has fewer than two training rows.
    """
    rows = TextSet(tuple(names), *(text_rows(names, pairs, path) for pairs in (train, test)))
    refuse_rare_labels(names, rows.train, path)
    return rows


def text_rows(names: Sequence[str], pairs: Pairs, path: Path) -> TextRows:
    """Return texts and labels, the labels as indices of `names`.

    Raises ConfigError, with `path` as the source, when a row has another label.
    """
    index = {name: place for place, name in enumerate(names)}
    for _, name in pairs:
        if name not in index:
            raise ConfigError(f"{path}: a row has the unknown label {name!r}; known are {listed(names)}")
    return TextRows([text for text, _ in pairs], np.array([index[name] for _, name in pairs], dtype=np.int64))


def refuse_rare_labels(names: Sequence[str], rows: TextRows, path: Path, *, counted: str = "") -> None:
    """Raise ConfigError when a label has fewer than two training rows; `counted` describes the count."""
    counts = Counter(rows.labels.tolist())
    rare = [name for place, name in enumerate(names) if counts[place] < _FEWEST_ROWS]
    if rare:
        raise ConfigError(
            f"{path}: fewer than {_FEWEST_ROWS} rows to train with have the label {listed(rare)}{counted}; "
            "add some, or take the label out"
        )


def listed(names: Sequence[str]) -> str:
    """Return the first names as a line of text, and the number of the others."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(map(repr, names[:_SHOWN_NAMES])) + more


def without_repeated_rows(rows: TextSet) -> TextSet:
    """Return each training text once, and the test rows that repeat no training text."""
    train = distinct(rows.train)
    return replace(rows, train=train, test=without_repeats(rows.test, of=train))


def without_repeats(rows: TextRows, *, of: TextRows) -> TextRows:
    """Return the rows whose text, cleaned and in lower case, is not among the texts of `of`."""
    known = {canonical_text(text).lower() for text in of.texts}
    fresh = [row for row, text in enumerate(rows.texts) if canonical_text(text).lower() not in known]
    return rows.take(np.array(fresh, dtype=np.int64))


def distinct(rows: TextRows) -> TextRows:
    """Return each text once, with the label of its first row; links and case are ignored."""
    first: dict[str, int] = {}
    for row, text in enumerate(rows.texts):
        first.setdefault(canonical_text(text).lower(), row)
    return rows.take(np.array(list(first.values()), dtype=np.int64))
