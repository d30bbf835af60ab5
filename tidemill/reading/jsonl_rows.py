"""Rows of JSON Lines text: one JSON object a line."""

import json
from typing import Any, NoReturn, TextIO

from tidemill.reading.found import Found, LeftOut, Reading, Row
from tidemill.reading.lines import Lines, NotInEncodingError, UnreadableError

_SHOWN_CHARS = 50


def jsonl_rows(stream: TextIO, name: str) -> Reading:
    """Yield a row for each line that is not blank."""
    lines, number = Lines(stream), 0
    while True:
        line_number = lines.begin()
        try:
            line = next(lines, None)
            if line is None:
                return
            if line.isspace():
                continue
            read: Found | LeftOut = Found(number + 1, f"{name} line {line_number}", _object(line))
        except UnreadableError as error:
            read = LeftOut(f"{name} line {line_number}", str(error), isinstance(error, NotInEncodingError))
        number += 1
        yield read


def _object(line: str) -> Row:
    """Return the JSON object in a line. Raises UnreadableError with the reason why there is none."""
    try:
        row = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        if "\\ud" in line.lower():
            json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UnreadableError("half a character in an escape, such as \\ud83d alone") from None
    except RecursionError:
        raise UnreadableError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"no JSON: {error.msg} at character {error.pos + 1}") from None
    except ValueError:  # of int(): more digits than Python converts
        raise UnreadableError("a number has more than 4,300 digits") from None
    if not isinstance(row, dict):
        raise UnreadableError("no JSON object, which would begin with {")
    return row


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"the name {twice[:_SHOWN_CHARS]} stands twice in one object")
    return found


def _refuse_constant(constant: str) -> NoReturn:
    raise UnreadableError(f"{constant} is no JSON")
