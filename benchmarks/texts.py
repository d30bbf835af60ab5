"""Customer messages for measurements: real ones when there is a data set, else variations of samples."""

import csv
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deploy.local.samples.load import message_rows
from shared.errors import ConfigError
from shared.inference.text import canonical_text

VARIATIONS_COUNT = 40


def real_texts(data: Path) -> tuple[str, ...]:
    """Return the messages of banking77, those of its test set first, each once.

    Raises ConfigError when the folder has none.
    """
    paths = [data / "banking77" / name for name in ("test.csv", "train.csv")]
    if missing := [path for path in paths if not path.is_file()]:
        raise ConfigError(f"{missing[0]} is missing; name the folder of the data sets (docs/data.md)")
    return _distinct(row for path in paths for row in _rows(path))


def sample_texts() -> tuple[str, ...]:
    """Return our sample messages repeatedly, each time with another number appended."""
    return varied(tuple(row.text for row in message_rows()), VARIATIONS_COUNT)


def varied(texts: Sequence[str], times: int) -> tuple[str, ...]:
    """Return all texts `times` times, with another number appended each time."""
    return _distinct(f"{text} {number}" for number, text in itertools.product(range(times), texts))


def so_many(texts: Sequence[str], count: int) -> tuple[str, ...]:
    """Return `count` different texts, made of these by appended numbers."""
    return varied(texts, math.ceil(count / len(texts)))[:count]


def _rows(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from (row["text"] for row in csv.DictReader(file))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple({canonical_text(text).lower(): text for text in texts if not text.isspace()}.values())
