"""Rows of CSV text. A row whose shape is not that of the header is left out, never merged, cut or made up."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from shared.errors import ConfigError
from tidemill.reading.found import Found, LeftOut, Reading
from tidemill.reading.lines import Lines, NotInEncodingError, UnreadableError

CELL_MAX_CHARS = 16 * 1024 * 1024
"""The csv module's own bound of 131,072 is less than a long e-mail."""

_DELIMITERS = (",", ";", "\t")

_SEARCHED_LINES = 1_000
"""How far the end of a row is searched whose quotes are wrong."""

_BLANK_LINES = 20
"""How far the header is searched for its delimiter."""

_SEVERAL_LINES = "rows of several lines"


@dataclass(frozen=True, slots=True)
class _Record:
    """The cells of a row, or the reason why it has none."""

    line: int
    line_count: int
    cells: Sequence[str] = ()
    why: str = ""
    not_in_encoding: bool = False


def csv_rows(stream: TextIO, name: str) -> Reading:
    """Yield the rows behind the header, whose delimiter and number of cells hold for all rows.

    Blank lines are no rows. Raises ConfigError when the header can't be used.
    """
    csv.field_size_limit(CELL_MAX_CHARS)
    lines = Lines(stream)
    records = _records(lines, _delimiter(lines.ahead(_BLANK_LINES)))
    headings = _headings(next(records, None), name)
    for number, record in enumerate(records, start=1):
        place = f"{name} line {record.line}"
        if why := record.why or _mismatch(record.cells, headings):
            yield LeftOut(place, why, record.not_in_encoding)
        else:
            row = {heading: cell for heading, cell in zip(headings, record.cells, strict=True) if heading}
            yield Found(number, place, row, _SEVERAL_LINES if record.line_count > 1 else "")


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that stands most often in the first line that is not blank; else a comma."""
    header = next((line for line in lines if line.strip()), "")
    return max(_DELIMITERS, key=re.sub('"[^"]*"', "", header).count)


def _headings(record: _Record | None, name: str) -> list[str]:
    if record is None:
        return []
    if record.why:
        raise ConfigError(f"{name} line {record.line}: {record.why}; the first line has to be the header")
    headings = [cell.strip() for cell in record.cells]
    if twice := sorted({heading for heading in headings if heading and headings.count(heading) > 1}):
        raise ConfigError(f"{name} has two columns {', '.join(twice)}: rename one of them")
    return headings


def _mismatch(cells: Sequence[str], headings: Sequence[str]) -> str:
    """Return why the cells are no row under these headings; empty when they are."""
    if len(cells) != len(headings):
        cure = "; a cell that holds the delimiter stands in quotes" if len(cells) > len(headings) else ""
        cells_found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        return f"{cells_found}, but the header has {len(headings)}{cure}"
    if any(cell and not heading for cell, heading in zip(cells, headings, strict=True)):
        return "a cell has no heading"
    if any("\0" in cell for cell in cells):
        return "a cell holds a zero byte"
    return ""


def _records(lines: Lines, delimiter: str) -> Iterator[_Record]:
    while True:
        line = lines.begin()
        try:
            cells = next(csv.reader(lines, delimiter=delimiter, strict=True), None)
        except (csv.Error, UnreadableError) as error:
            why = _reason(error, lines.taken_count)
            lines.settle(_extent(lines.ahead(_SEARCHED_LINES), delimiter))
            yield _Record(
                line, lines.taken_count, why=why, not_in_encoding=isinstance(error, NotInEncodingError)
            )
        else:
            if cells is None:
                return
            if cells:
                yield _Record(line, lines.taken_count, cells)


def _reason(error: Exception, line_count: int) -> str:
    if isinstance(error, UnreadableError):
        return str(error) if line_count == 1 else f"in its line {line_count}, {error}"
    if "field larger" in str(error):
        return f"a quote is not closed, or a cell is larger than {CELL_MAX_CHARS:,} characters"
    if "end of data" in str(error):
        return "a quote is opened and never closed"
    return "a quote within a cell is not doubled" + (", or one is not closed" if line_count > 1 else "")


def _extent(lines: Sequence[str], delimiter: str) -> int:
    """Return how many of the lines belong to the broken row that begins with the first of them.

    A row that leaves a quote open goes on until a quote closes at the end of a cell. When a line opens a
    quote before that, or none closes, the first line was the whole row and its quote a stray one.
    """
    if lines[0].count('"') % 2 == 0:
        return 1
    opens = re.compile(rf'(^|{re.escape(delimiter)})"')
    closes = re.compile(rf'"({re.escape(delimiter)}|\r|\n|$)')
    for count, line in enumerate(lines[1:], start=2):
        if opens.search(line):
            return 1
        if closes.search(line):
            return count
    return 1
