"""Values of a table: the state of a key, and how far a partition is applied to the states."""

from datetime import datetime
from typing import ClassVar, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

NEVER_READ = -1


class Value(BaseModel):
    """An immutable value that is stored as JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Applied(Value):
    """The last record of a topic that was applied."""

    offset: int = NEVER_READ
    timestamp_ms: int | None = None
    """Timestamp of the record, to tell the topic from one that was made again; None when it is unknown."""


class Due(Value):
    """The times from which on a state asks to be looked at again."""

    event_time: AwareDatetime | None = None
    """Each event of this time or later, in the state's partition, calls `on_time`."""

    wall_time: AwareDatetime | None = None
    """When the clock reaches this time, `on_time` is called once."""


NOT_DUE = Due()


class Entry(Value):
    """The fields that the runtime writes into each value; the part of a state that a recovery reads."""

    version: int = 1
    """Version of the value's fields; values written before versions existed count as 1."""

    partition: int = NEVER_READ
    """Partition of the inputs that the key belongs to."""

    positions: dict[str, Applied] = {}
    """By topic: the last record applied to this state. Older ones change nothing when they come again."""

    touched_at: AwareDatetime | None = None
    """Event time of the newest event of this key that was applied."""

    due: Due = NOT_DUE

    @property
    def is_waiting(self) -> bool:
        """Return whether the state waits for a time."""
        return self.due.event_time is not None or self.due.wall_time is not None

    def applied(self, partition: int, topic: str, offset: int) -> bool:
        """Return whether this record is in the state already."""
        return self.partition == partition and offset <= self.positions.get(topic, Applied()).offset


class State(Entry):
    """The state of one key. A service subclasses it, adds fields, and sets those and `key` only."""

    VERSION: ClassVar[int] = 1
    """Counted up when older values don't fit the fields any more; see `StatefulService.migrate`."""

    key: str


class Bookmark(Value):
    """How far the records of a partition are applied to all states; written behind each chunk."""

    partition: int
    positions: dict[str, Applied]
    event_time: AwareDatetime | None = None
    """The newest event time of the partition."""


StateT = TypeVar("StateT", bound=State)


def newest(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later time; None when neither is known."""
    known = [time for time in (one, other) if time is not None]
    return max(known, default=None)
