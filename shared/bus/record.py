"""What travels on the bus: a record read, a record to write."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.errors import RejectedError
from shared.events.headers import Headers


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


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
        """Return what this record weighs against a byte budget."""
        return len(self.value or b"") + len(self.key or b"")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to write; its partition follows from its key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
