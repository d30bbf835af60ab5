"""Reads rows out of the files that people have."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from shared.errors import ConfigError
from tidemill.rows import Row

_FIELD_MAX_BYTES = 16 * 1024 * 1024  # csv's own bound of 128 KiB cuts long e-mails off


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a .csv or .jsonl file, also gzipped, as they are needed.

    Raises ConfigError when there is no such file, it is of another kind, or a line can't be read.
    """
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    readers = {"csv": _csv_rows, "jsonl": _jsonl_rows}
    if kind not in readers:
        raise ConfigError(
            f"{path}: rows are read from .csv and .jsonl files (also .gz), images from a folder"
        )
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig") if _is_gzip(path) else _open(path) as lines:
            yield from readers[kind](lines)
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8; convert it first: iconv -f latin1 -t utf-8") from None
    except (csv.Error, json.JSONDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from None


def _is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(lines: TextIO) -> Iterator[Row]:
    csv.field_size_limit(_FIELD_MAX_BYTES)
    yield from csv.DictReader(lines, restkey="(cells without a heading)")


def _jsonl_rows(lines: TextIO) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ConfigError(f"line {number} is no JSON object")
            yield row
