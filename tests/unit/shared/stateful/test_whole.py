"""The table that every process holds whole."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from shared.bus.record import Record
from shared.errors import RetryableError
from shared.stateful.whole import WholeTable
from tests.support.counting import Noted, note, record


class Topic:
    """Gives its records out in portions; then raises what ends a test."""

    def __init__(self, *portions: Sequence[Record] | Exception) -> None:
        self._portions = list(portions)
        self.at_start = 1

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def remaining_records(self) -> int:
        """Return whether a portion is left of those that were there at the start."""
        self.at_start -= 1
        return self.at_start + 1

    async def fetch(self, *, timeout_ms: int) -> list[Record]:
        """Return the next portion."""
        del timeout_ms
        portion = self._portions.pop(0)
        if isinstance(portion, Exception):
            raise portion
        return list(portion)


def row(number: int, company: str, text: str) -> Record:
    return record(note(number, company, text=text), number)


def tombstone(number: int, company: str) -> Record:
    return replace(row(number, company, ""), value=None)


async def test_the_last_event_of_each_key_is_there_after_the_start() -> None:
    table = WholeTable(Topic([row(1, "Alder", "old"), row(2, "Birch", "b"), row(3, "Alder", "new")]), Noted)

    await table.start()

    assert {company: event.text for company, event in table.items()} == {"Alder": "new", "Birch": "b"}


async def test_the_order_of_offsets_counts_and_not_that_of_timestamps() -> None:
    table = WholeTable(Topic([row(3, "Alder", "new"), row(1, "Alder", "old")]), Noted)

    await table.start()

    assert table["Alder"].text == "new"


async def test_a_record_without_a_value_deletes_its_key() -> None:
    table = WholeTable(Topic([row(1, "Alder", "a"), tombstone(2, "Alder")]), Noted)

    await table.start()

    assert "Alder" not in table
    assert len(table) == 0


async def test_later_records_are_followed_also_after_an_outage() -> None:
    topic = Topic([row(1, "Alder", "a")], RetryableError("away"), [row(2, "Alder", "b")], ZeroDivisionError())
    table = WholeTable(topic, Noted)
    await table.start()

    with pytest.raises(ZeroDivisionError):
        await table.follow()

    assert table["Alder"].text == "b"


async def test_a_broken_record_is_passed_over_and_named() -> None:
    table = WholeTable(Topic([row(1, "Alder", "a"), replace(row(2, "Alder", ""), value=b"{")]), Noted)

    with capture_logs() as logs:
        await table.start()

    assert table["Alder"].text == "a"
    [line] = logs
    assert (line["event"], line["offset"], line["reason"]) == ("row_ignored", 2, "not_json")
