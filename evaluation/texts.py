"""Texts and their labels as rows: numbered, none of them too rare, each text once."""

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
"""Texts, each with the name of its label."""

_FEWEST_ROWS = 2
"""A label needs one row to learn from and one to be judged by."""

_SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class TextRows:
    """Texts and the index of each one's label in the data set's list of labels."""

    texts: Sequence[str]
    labels: Labels

    def take(self, rows: NDArray[np.int64]) -> "TextRows":
        """Return these rows only."""
        return TextRows([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True, slots=True)
class TextSet:
    """One labelled text data set with the test rows of its authors."""

    label_names: tuple[str, ...]
    train: TextRows
    test: TextRows


def text_set(names: Sequence[str], train: Pairs, *, test: Pairs, path: Path) -> TextSet:
    """Return texts and labels, the labels as places in `names`; `path` is where they come from.

    Raises ConfigError when a row has another label, or a label has fewer than two rows to train with.
    """
    rows = TextSet(tuple(names), *(text_rows(names, pairs, path) for pairs in (train, test)))
    refuse_rare_labels(names, rows.train, path)
    return rows


def text_rows(names: Sequence[str], pairs: Pairs, path: Path) -> TextRows:
    """Return the same, the labels as places in `names`.

    Raises ConfigError, with `path` as where they come from, when a row has another label.
    """
    index = {name: place for place, name in enumerate(names)}
    for _, name in pairs:
        if name not in index:
            raise ConfigError(f"{path}: a row has the unknown label {name!r}; known are {listed(names)}")
    return TextRows([text for text, _ in pairs], np.array([index[name] for _, name in pairs], dtype=np.int64))


def refuse_rare_labels(names: Sequence[str], rows: TextRows, path: Path, *, counted: str = "") -> None:
    """Raise ConfigError when a label has fewer than two rows to train with; `counted` says which count."""
    counts = Counter(rows.labels.tolist())
    rare = [name for place, name in enumerate(names) if counts[place] < _FEWEST_ROWS]
    if rare:
        raise ConfigError(
            f"{path}: fewer than {_FEWEST_ROWS} rows to train with have the label {listed(rare)}{counted}; "
            "add some, or take the label out"
        )


def listed(names: Sequence[str]) -> str:
    """Return the first names for a line of text, and how many more there are."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(map(repr, names[:_SHOWN_NAMES])) + more


def without_repeated_rows(rows: TextSet) -> TextSet:
    """Return each training text once, and the test rows that repeat none of them."""
    train = distinct(rows.train)
    return replace(rows, train=train, test=without_repeats(rows.test, of=train))


def without_repeats(rows: TextRows, *, of: TextRows) -> TextRows:
    """Return the rows whose text, cleaned and in lower case, is not among the texts of `of`."""
    known = {canonical_text(text).lower() for text in of.texts}
    fresh = [row for row, text in enumerate(rows.texts) if canonical_text(text).lower() not in known]
    return rows.take(np.array(fresh, dtype=np.int64))


def distinct(rows: TextRows) -> TextRows:
    """Return each text once, with the label of its first row; links and case make no difference."""
    first: dict[str, int] = {}
    for row, text in enumerate(rows.texts):
        first.setdefault(canonical_text(text).lower(), row)
    return rows.take(np.array(list(first.values()), dtype=np.int64))
