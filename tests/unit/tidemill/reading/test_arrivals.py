"""Rows of a pipe arrive in order; errors of the pipe arrive in their place."""

from queue import Queue

import pytest

from shared.errors import ConfigError
from tidemill.reading.arrivals import Arrivals
from tidemill.reading.found import Found, LeftOut, Reading

ROWS: list[Found | LeftOut] = [
    Found(1, "line 2", {"text": "a"}),
    LeftOut("line 3", "odd"),
    Found(3, "line 4", {"text": "b"}),
]


def test_rows_arrive_in_order() -> None:
    assert list(Arrivals(iter(ROWS))) == ROWS


def test_an_error_arrives_behind_the_rows_before_it() -> None:
    def broken() -> Reading:
        yield from ROWS
        raise ConfigError("no text in utf-8")

    arrivals = Arrivals(broken())

    assert [next(arrivals) for _ in ROWS] == ROWS
    with pytest.raises(ConfigError, match="no text in utf-8"):
        next(arrivals)


def test_a_source_pauses_until_its_next_row_arrives() -> None:
    pipe: Queue[Found | LeftOut | None] = Queue()
    arrivals = Arrivals(iter(pipe.get, None))

    pipe.put(ROWS[0])
    first = next(arrivals)

    assert (first, arrivals.pauses()) == (ROWS[0], True)
    pipe.put(None)
    assert list(arrivals) == []
