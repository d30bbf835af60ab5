"""Rows of CSV and JSON Lines files, also gzipped, and of standard input."""

import codecs
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO, cast

from shared.errors import ConfigError
from tidemill.reading.csv_rows import csv_rows
from tidemill.reading.first_bytes import no_text, unicode_encoding
from tidemill.reading.found import Found, Reading, Row
from tidemill.reading.jsonl_rows import jsonl_rows

STANDARD_INPUT: Final = Path("-")
_HEAD_BYTES = 4096
_UTF_8 = "utf-8"


class Form(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


_READERS = {Form.CSV: csv_rows, Form.JSONL: jsonl_rows}


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file, or standard input, whose rows can be read."""

    path: Path
    form: Form
    encoding: str = _UTF_8

    @property
    def name(self) -> str:
        """Name without folders, printable whatever its bytes are."""
        return "standard input" if self.path == STANDARD_INPUT else printable(self.path.name)

    @property
    def reads_twice(self) -> bool:
        """Return whether it can be looked through first: a pipe can be read once only."""
        try:
            return self.path != STANDARD_INPUT and stat.S_ISREG(self.path.stat().st_mode)
        except OSError as error:
            raise ConfigError(f"{self.path} can't be read: {error.strerror or error}") from None

    def rows(self) -> Reading:
        """Yield the rows as they are needed.

        Raises ConfigError when there is no such file, it is not the text that its name promises, or its
        header can't be used.
        """
        try:
            with self.text() as stream:
                yield from _READERS[self.form](stream, self.name)
        except (OSError, EOFError, zlib.error) as error:
            why = getattr(error, "strerror", None) or error
            raise ConfigError(f"{self.path} can't be read: {why}") from None
        except UnicodeError:
            raise ConfigError(
                f"{self.path} is no text in {self.encoding}; name its own with --encoding"
            ) from None

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Open the text. Bytes outside the encoding become lone surrogates; line ends stay as they are."""
        with _binary(self.path) as stream:
            _check_kind(self, stream.peek(_HEAD_BYTES))
            text = io.TextIOWrapper(stream, encoding=self.encoding, errors="surrogateescape", newline="")
            try:
                yield text
            finally:
                text.detach()  # whoever opened the stream closes it


def row_file(path: Path, *, form: Form | None, encoding: str | None) -> RowFile:
    """Return the file by its name, or in the form that is asked for. Raises ConfigError with the cure."""
    try:
        known = codecs.lookup(encoding or _UTF_8).name
        "".encode(known)  # some codecs, such as base64, are none of text
    except (LookupError, ValueError):
        raise ConfigError(f"--encoding {encoding}: there is no such encoding; an example is cp1252") from None
    if form is None and path == STANDARD_INPUT:
        raise ConfigError("rows of standard input are csv or jsonl? add --as csv or --as jsonl")
    ending = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if form is None and ending not in set(Form):
        raise ConfigError(
            f"{path}: rows are read from .csv and .jsonl files (also .gz), images from a folder; "
            "for a file of another name say which it is with --as csv or --as jsonl"
        )
    return RowFile(path, form or Form(ending), known)


def whole_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file that must be whole. Raises ConfigError at the first row that can't be read."""
    for read in row_file(path, form=None, encoding=None).rows():
        if not isinstance(read, Found):
            raise ConfigError(str(read))
        yield read.row


def printable(name: str) -> str:
    """Return a file's name as text; bytes that are not UTF-8 become escapes."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


@contextmanager
def _binary(path: Path) -> Iterator[io.BufferedReader]:
    if path == STANDARD_INPUT:
        # A stream of its own: Python aborts when it ends while a thread waits for `sys.stdin`.
        with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as own:
            yield own
        return
    with path.open("rb") as stream:
        if path.suffix.lower() != ".gz":
            yield stream
            return
        with gzip.open(stream) as unpacked, io.BufferedReader(unpacked) as whole:
            yield cast("io.BufferedReader", whole)


def _check_kind(file: RowFile, head: bytes) -> None:
    """Raise ConfigError when the first bytes are not those of text in the encoding of the file."""
    if found := no_text(head):
        raise ConfigError(f"{file.path} is {found.what}, not {file.form}: {found.cure}")
    shown = unicode_encoding(head)
    if shown is None or _family(shown) == _family(file.encoding):
        return
    if shown == _UTF_8:
        raise ConfigError(f"{file.path} is {shown}, by its first bytes: leave --encoding out")
    raise ConfigError(f"{file.path} is {shown}, not {file.encoding}: add --encoding {shown}")


def _family(encoding: str) -> str:
    """Return the encoding without its byte order: utf-16-le reads a file with a mark, too."""
    return codecs.lookup(encoding).name.removesuffix("-le").removesuffix("-be").removesuffix("-sig")
