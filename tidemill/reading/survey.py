"""A first pass through a source: how many rows it has, and whether its encoding is right at all."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import ConfigError
from tidemill.reading.files import Form, RowFile
from tidemill.reading.found import Found, LeftOut

_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Survey:
    """Number of rows, those left out included, and every column of the others."""

    count: int
    columns: tuple[str, ...]


def survey(file: RowFile) -> Survey:
    """Return what the file holds, so that what can't be read is noticed before anything is sent.

    Raises ConfigError when it has no rows, or its encoding is another one: a single line may be damaged, but
    when no other line of a CSV file shows that the encoding is right, all would be.
    """
    count, columns, is_checked = 0, dict[str, None](), file.form is not Form.CSV
    for count, read in enumerate(file.rows(), start=1):  # noqa: B007 -- the last one is the number of rows
        if isinstance(read, Found):
            columns.update(dict.fromkeys(read.row))
        elif read.not_in_encoding and not is_checked:
            _check_encoding(file, read)
            is_checked = True
    if not count:
        raise ConfigError(f"{file.path} holds nothing to play")
    return Survey(count, tuple(columns))


def _check_encoding(file: RowFile, read: LeftOut) -> None:
    with file.text() as lines:
        damaged = _first_damaged(lines)
    with file.text() as lines:
        if any(not line.isascii() and _is_whole(line) for line in lines):
            return
    try:
        western = damaged.encode(file.encoding, errors="surrogateescape").decode("cp1252")
    except UnicodeError:
        cure = "name its encoding with --encoding, such as cp1250, shift_jis or gb18030"
    else:
        cure = f"with --encoding cp1252 that line reads: {' '.join(western.split())[:_SHOWN_CHARS]}"
    encoding = file.encoding.upper()
    raise ConfigError(f"{file.path} is not {encoding} ({read.place}); {cure}")


def _first_damaged(lines: Iterable[str]) -> str:
    return next((line for line in lines if not _is_whole(line)), "")


def _is_whole(line: str) -> bool:
    return not any("\udc80" <= char <= "\udcff" for char in line)
