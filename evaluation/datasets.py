"""Readers of the public data sets: files in, rows and labels out."""

import csv
import gzip
import json
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from evaluation.texts import Labels, TextRows, TextSet, text_set, without_repeated_rows
from shared.errors import ConfigError

OPENERS: dict[str, Callable[..., IO[str]]] = {".gz": gzip.open, ".xz": lzma.open}
"""Functions that open a text file, by suffix; any other file is opened as plain text."""

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    csv.Error,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tokenize.TokenError,
)
"""Exceptions of the readers on damaged files, found by tests with random damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantRows:
    """Questions of 150 intents and out-of-scope questions, split as their authors did."""

    label_names: tuple[str, ...]
    train: TextRows
    valid: TextRows
    test: TextRows
    outside_valid: Sequence[str]
    outside_test: Sequence[str]


@dataclass(frozen=True, slots=True)
class PhotoRows:
    """Image files with their labels."""

    files: Sequence[bytes]
    labels: Labels
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class DigitRows:
    """Pixels, uint8 [n, 28, 28, 1], and the digits that they show."""

    pixels: NDArray[np.uint8]
    labels: Labels


def banking77(root: Path) -> TextSet:
    """Return banking questions with 77 intents."""
    folder = root / "banking77"
    with readable(folder / "categories.json") as path:
        names = tuple(sorted(json.loads(path.read_text())))
    train, test = (csv_rows(folder / f"{part}.csv", "text", "category") for part in ("train", "test"))
    return text_set(names, train, test=test, path=folder)


def finance_topics(root: Path) -> TextSet:
    """Return finance tweets with 20 topics; test rows that repeat training rows are left out."""
    folder = root / "twitter_financial_topic"
    return _tweets(folder, folder / "topic_train.csv.gz", folder / "topic_valid.csv.gz")


def finance_sentiments(root: Path) -> TextSet:
    """Return finance tweets with 3 sentiments; test rows that repeat training rows are left out."""
    folder = root / "twitter_financial_sentiment"
    return _tweets(folder, folder / "sent_train.csv", folder / "sent_valid.csv")


def reviews(root: Path) -> TextSet:
    """Return film reviews, negative (0) and positive (1)."""
    folder = root / "imdb"
    train, test = (csv_rows(folder / f"{part}.csv.xz", "review", "label") for part in ("train", "test"))
    return replace(text_set(("0", "1"), train, test=test, path=folder), label_names=("negative", "positive"))


def dishes(root: Path) -> tuple[tuple[str, ...], PhotoRows, PhotoRows]:
    """Return the names of ten dishes, and the photos of the training and test sets."""
    folder = root / "food10"
    with readable(folder / "classes.txt") as path:
        names = tuple(path.read_text().split())
    return names, _photos(folder / "train.zip", names), _photos(folder / "test.zip", names)


def mobilenet_features(root: Path) -> dict[str, NDArray[np.float32]]:
    """Return the pretrained arrays of MobileNetV2's convolutional part, in the order of its layers."""
    with (
        readable(root / "mobilenetv2" / "mobilenetv2_1.0_224_imagenet1001.npz") as path,
        np.load(path, allow_pickle=False) as archive,
    ):
        return {name: archive[name] for name in archive.files if name.startswith("features.")}


def digits(root: Path) -> tuple[DigitRows, DigitRows]:
    """Return the training and the test set of handwritten digits."""
    return _idx_rows(root / "mnist", "train"), _idx_rows(root / "mnist", "t10k")


def assistant_questions(root: Path) -> AssistantRows:
    """Return questions to an assistant with 150 intents, and out-of-scope questions."""
    with readable(root / "clinc150" / "data_full.json") as path:
        parts = json.loads(path.read_text())
        names = tuple(sorted({intent for _, intent in parts["train"]}))
        valid, test = (
            text_set(names, parts["train"], test=parts[part], path=path) for part in ("val", "test")
        )
        outside_valid, outside_test = ([text for text, _ in parts[part]] for part in ("oos_val", "oos_test"))
    return AssistantRows(
        label_names=names,
        train=test.train,
        valid=valid.test,
        test=test.test,
        outside_valid=outside_valid,
        outside_test=outside_test,
    )


def unlabelled_questions(root: Path) -> list[str]:
    """Return customers' questions to other firms, for the vocabulary; no label is used."""
    with readable(root / "clinc150" / "data_full.json") as path:
        assistant = [text for text, _ in json.loads(path.read_text())["train"]]
    requests = csv_rows(root / "bitext" / "utterances_21k.csv.gz", "utterance", "intent")
    return [*assistant, *(text for text, _ in requests)]


def foreign_questions(root: Path) -> list[str]:
    """Return test questions that have nothing to do with a bank: out of scope, or of other domains."""
    with readable(root / "clinc150" / "domains.json") as path:
        domains = json.loads(path.read_text())
        banking = {*domains["banking"], *domains["credit_cards"]}
    with readable(root / "clinc150" / "data_full.json") as path:
        rows = json.loads(path.read_text())
        return [text for text, intent in [*rows["oos_test"], *rows["test"]] if intent not in banking]


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """Turn the exceptions of a missing or broken file into a ConfigError of one line with its cure."""
    try:
        yield path
    except _BROKEN as error:
        raise ConfigError(
            f"{path}: {type(error).__name__}, {error}; --data must be the folder that docs/data.md describes"
        ) from error


def csv_rows(path: Path, text: str, label: str) -> list[tuple[str, str]]:
    """Return text and label of each record of a CSV file, compressed or not.

    Raises ConfigError when the file can't be read or lacks a column, or a record lacks its text or label.
    """
    with (
        readable(path),
        OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8-sig", newline="") as lines,
    ):
        records = csv.DictReader(lines)
        columns = records.fieldnames or ()
        if not {text, label} <= set(columns):
            raise ConfigError(f"{path}: needs the columns {text} and {label}; has {', '.join(columns)}")
        rows = [(record[text], record[label]) for record in records]
    for number, row in enumerate(rows, start=1):
        if not all(row):
            raise ConfigError(f"{path}: record {number} lacks its {text} or its {label}; fill or remove it")
    return rows


def _tweets(folder: Path, train_csv: Path, test_csv: Path) -> TextSet:
    with readable(folder / "labels.json") as path:
        numbered = json.loads(path.read_text())
        numbers = sorted(numbered, key=int)
    train, test = (csv_rows(file, "text", "label") for file in (train_csv, test_csv))
    found = text_set(numbers, train, test=test, path=folder)
    names = tuple(numbered[number] for number in numbers)
    return without_repeated_rows(replace(found, label_names=names))


def _photos(path: Path, classes: Sequence[str]) -> PhotoRows:
    with readable(path), zipfile.ZipFile(path) as archive:
        members = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        labels = [classes.index(Path(member).parent.name) for member in members]
        files = [archive.read(member) for member in members]
    names = [f"{path}/{member}" for member in members]
    return PhotoRows(files, np.array(labels, dtype=np.int64), names)


def _idx_rows(folder: Path, part: str) -> DigitRows:
    pixels = _idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = _idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return DigitRows(pixels[..., None], labels.astype(np.int64))


def _idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of an idx file: two zero bytes, type, rank, sizes (big-endian), values."""
    with readable(path), gzip.open(path) as stream:
        rank = struct.unpack(">HBB", stream.read(4))[2]
        sizes = struct.unpack(f">{rank}I", stream.read(4 * rank))
        return np.frombuffer(stream.read(), dtype=np.uint8).reshape(sizes)
