"""The table of companies: what it gives back, and what it remembers of each partition."""

import asyncio
from collections.abc import Awaitable

import pytest

from services.sentiment_alerts.alert_events import OpenAlert
from services.sentiment_alerts.state import CompanyState
from shared.errors import RetryableError
from shared.stateful.table import TableStates
from tests.unit.services.sentiment_alerts.stories import article


class Changelog(dict[bytes, bytes]):
    """A table whose writes are acknowledged at once, or fail as told."""

    error: Exception | None = None

    @property
    def last_write(self) -> Awaitable[None]:
        """Return what became of the last write."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.error is None:
            written.set_result(None)
        else:
            written.set_exception(self.error)
        return written


def state(company: str, *, partition: int = 0, offset: int = 0, alert: bool = False) -> CompanyState:
    opened = OpenAlert(alert_id=article(1, minute=1).event_id, company=company, topic="Legal", told_count=5)
    return CompanyState(company=company, partition=partition, offset=offset, alert=opened if alert else None)


async def test_a_stored_state_comes_back_as_it_was() -> None:
    states = TableStates(Changelog())

    await states.store(state("\u00c5lder Rail", alert=True))

    assert states.get("\u00c5lder Rail") == state("\u00c5lder Rail", alert=True)
    assert states.get("Birch Oil") is None


async def test_open_alerts_are_known_also_after_a_recovery() -> None:
    changelog = Changelog()
    states = TableStates(changelog)
    await states.store(state("Alder", alert=True))
    assert [found.company for found in states.with_alert()] == ["Alder"]

    await states.store(state("Alder"))
    await states.store(state("Birch", alert=True))
    assert [found.company for found in states.with_alert()] == ["Birch"]

    changelog[b"Cedar"] = state("Cedar", alert=True).model_dump_json().encode()
    states.recovered()
    assert [found.company for found in states.with_alert()] == ["Birch", "Cedar"]


async def test_open_alerts_are_read_once_however_often_they_are_asked_for() -> None:
    changelog = Changelog({b"Alder": state("Alder", alert=True).model_dump_json().encode()})
    states = TableStates(changelog)
    states.recovered()

    [first], [second] = states.with_alert(), states.with_alert()

    assert first == state("Alder", alert=True)
    assert first is second is states.get("Alder")


async def test_the_table_remembers_the_last_offset_of_each_partition() -> None:
    states = TableStates(Changelog())

    for company, partition, offset in (("Alder", 0, 7), ("Birch", 0, 9), ("Cedar", 2, 4)):
        await states.store(state(company, partition=partition, offset=offset))

    assert states.recovered() == {0: 9, 2: 4}


async def test_a_write_that_fails_can_be_tried_again() -> None:
    changelog = Changelog()
    changelog.error = ConnectionError("away")

    with pytest.raises(RetryableError, match="away"):
        await TableStates(changelog).store(state("Alder"))
