"""Physical lines of a text, with line numbers and a way back to lines that were read already."""

from collections import deque
from typing import TextIO

LINE_MAX_CHARS = 16 * 1024 * 1024
"""Longer lines are cut while they are read, and refused, so that no file can fill the memory."""


class UnreadableError(Exception):
    """A line can't be used. The text says why."""


class NotInEncodingError(UnreadableError):
    """A line has bytes that are not text in the encoding of the file."""


class Lines:
    """Iterator over lines, with their line ends. The lines of a record are kept until the next record begins.

    The stream must have been opened with `errors="surrogateescape"` and `newline=""`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: deque[str] = deque()
        self._taken_count = 0
        self._first = 1

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        """Return the next line. Raises UnreadableError when it is too long or not in the encoding."""
        if not self._keep(self._taken_count + 1):
            raise StopIteration
        line = self._kept[self._taken_count]
        self._taken_count += 1
        if len(line) > LINE_MAX_CHARS:
            raise UnreadableError(f"the line is longer than {LINE_MAX_CHARS:,} characters")
        if not line.isascii():
            self._check_encoding(line)
        return line

    def begin(self) -> int:
        """Begin a record behind the lines that were taken; return the number of its first line."""
        for _ in range(self._taken_count):
            self._kept.popleft()
        self._first += self._taken_count
        self._taken_count = 0
        return self._first

    @property
    def taken_count(self) -> int:
        """Number of lines that the record has taken so far."""
        return self._taken_count

    def ahead(self, count: int) -> list[str]:
        """Return up to `count` lines from the first one of the record on, without taking any."""
        self._keep(count)
        return [self._kept[index] for index in range(min(count, len(self._kept)))]

    def settle(self, count: int) -> None:
        """Let the record end after `count` lines, of which each has been taken or looked at."""
        self._taken_count = count

    def _keep(self, count: int) -> bool:
        """Read on until `count` lines are kept; return False when the text ends before."""
        while len(self._kept) < count:
            line = self._stream.readline(LINE_MAX_CHARS + 1)
            rest = line
            while len(rest) > LINE_MAX_CHARS and not rest.endswith(("\n", "\r")):
                rest = self._stream.readline(LINE_MAX_CHARS + 1)
            if not line:
                return False
            is_first = self._first == 1 and not self._kept
            self._kept.append(line.removeprefix("\ufeff") if is_first else line)
        return True

    def _check_encoding(self, line: str) -> None:
        try:
            line.encode()
        except UnicodeEncodeError as error:
            byte = ord(line[error.start]) - 0xDC00
            where = f"byte 0x{byte:02X} at character {error.start + 1} is no {self._stream.encoding}"
            raise NotInEncodingError(f"{where}{_western(byte)}") from None


def _western(byte: int) -> str:
    try:
        return f"; in cp1252 it is {bytes([byte]).decode('cp1252')}: --encoding cp1252"
    except UnicodeDecodeError:
        return "; name the right one with --encoding"
