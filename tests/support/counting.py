"""A small stateful service for tests: counts the notes about each company, and tells when it was quiet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.events import Event
from shared.reasons import Reason
from shared.stateful.service import Decision, Moment, StatefulService
from shared.stateful.state import Due, State

START = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
QUIET = timedelta(hours=1)
REFUSED = "refused"
_SPACE = UUID("1b0a3a5e-0c86-4b7d-9a0e-3a8a5a1f7b10")


class Noted(Event):
    """An input. A text `wait 5` asks to be looked at five minutes after the start."""

    name: ClassVar[str] = "test.company_noted.v1"
    key_field: ClassVar[str] = "company"
    company: str
    text: str = ""


class Traded(Noted):
    """Another input with the same key."""

    name: ClassVar[str] = "test.company_traded.v1"


class Counted(Event):
    """A result: how many notes there were, or 0 when the company was quiet."""

    name: ClassVar[str] = "test.company_counted.v1"
    key_field: ClassVar[str] = "company"
    company: str
    count: int


class Count(State):
    """The number of notes about a company."""

    VERSION = 3

    count: int = 0
    quiet: bool = False
    wait_min: int = 0


class Counting(StatefulService[Noted, Count]):
    """Tells each count, and once when a company was quiet: for an hour of news, or until the clock came."""

    state_type = Count

    def __init__(self, idle_after: timedelta | None = None) -> None:
        self.idle_after = idle_after

    def check(self, event: Noted) -> None:
        """Refuse one text."""
        if event.text == REFUSED:
            raise RejectedError(Reason.WRONG_SHAPE, "no")

    def handle(self, event: Noted, state: Count | None) -> Decision[Count]:
        """Return one more."""
        state = state or Count(key=event.company)
        wait_min = int(event.text.split()[1]) if event.text.startswith("wait") else 0
        changed = state.model_copy(update={"count": state.count + 1, "quiet": False, "wait_min": wait_min})
        return Decision(changed, (_told(changed, event.event_id, event.occurred_at),))

    def due(self, state: Count) -> Due:
        """Return an hour after the last note, and the minute that its text named."""
        quiet_at = None if state.quiet or state.touched_at is None else state.touched_at + QUIET
        wall_time = START + timedelta(minutes=state.wait_min) if state.wait_min else None
        return Due(event_time=quiet_at, wall_time=wall_time)

    def on_time(self, state: Count, moment: Moment[Noted]) -> Decision[Count]:
        """Return that the company was quiet."""
        changed = state.model_copy(update={"quiet": True, "wait_min": 0})
        cause = uuid5(_SPACE, f"{moment.time.isoformat()} {moment.event and moment.event.event_id}")
        return Decision(changed, (_told(changed, cause, moment.time),))

    def migrate(self, value: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Return a value of version 2, which called the count `total`."""
        if version != 2:
            return super().migrate(value, version)
        return {**value, "count": value["total"]}


def _told(state: Count, cause: UUID, at: datetime) -> Counted:
    count = 0 if state.quiet else state.count
    return Counted(event_id=uuid5(cause, state.key), occurred_at=at, company=state.key, count=count)


def note(number: int, company: str, *, minute: float = 0, text: str = "") -> Noted:
    """Return a note; each number gives another one."""
    event_id, at = uuid5(_SPACE, f"note {number}"), START + timedelta(minutes=minute)
    return Noted(event_id=event_id, occurred_at=at, company=company, text=text)


def record(event: Noted, offset: int, *, partition: int = 0) -> Record:
    """Return the record that carries an event."""
    place = Partition(event.name, partition)
    return Record(place, offset, event.key, event.to_json(), (), timestamp_ms=1000 + offset)
