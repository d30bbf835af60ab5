"""Records on the bus: as read, and to be written."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from shared.errors import RejectedError
from shared.events import Event
from shared.events.codec import encode
from shared.events.headers import Headers, Trace


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Place(NamedTuple):
    """Place of a record: its partition, and its offset there."""

    partition: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read, untouched."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int
    flaw: RejectedError | None = None
    """The reason for which it can't be handled, found when it was parsed; None for a whole record."""

    @property
    def size_bytes(self) -> int:
        """Return the bytes of key, value and headers, without Kafka's framing."""
        return _size_bytes(self.key, self.value, self.headers)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to write; its partition follows from its key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @classmethod
    def of(cls, event: Event, *, source: str, trace: Trace) -> Self:
        """Return the record of an event that `source` publishes in `trace`."""
        return cls(*encode(event, source=source, trace=trace))

    @property
    def size_bytes(self) -> int:
        """Return the bytes of key, value and headers, without Kafka's framing."""
        return _size_bytes(self.key, self.value, self.headers)


def _size_bytes(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    size_bytes = len(key or b"") + len(value or b"")
    for name, content in headers:  # a loop, as `sum` takes twice as long here, and every record comes by
        size_bytes += len(name) + len(content or b"")
    return size_bytes
