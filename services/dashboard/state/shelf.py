"""Newest events of one topic with their places, decoded when somebody looks at them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from services.dashboard.state.latest import event_of
from services.dashboard.state.times import time_of
from shared.bus.record import Place, Record
from shared.events import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """An event, the place of its record, and when Kafka has taken it."""

    event: E
    place: Place
    at: datetime


class Shelf(Generic[E]):
    """At most `max_count` events and `max_bytes` of a topic, the oldest are dropped."""

    def __init__(self, kind: type[E], *, max_count: int, max_bytes: int = 16 * 1024 * 1024) -> None:
        self.kind = kind
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._undecoded: deque[Record] = deque(maxlen=max_count)
        self._kept: deque[tuple[int, Entry[E]]] = deque()
        self._bytes = 0
        self._newest_first: Sequence[Entry[E]] = ()

    def note(self, record: Record) -> None:
        """Enter a record of the topic."""
        self._undecoded.append(record)

    def entries(self) -> Sequence[Entry[E]]:
        """Return what is kept, the newest first."""
        if self._undecoded:
            while self._undecoded:
                self._keep(self._undecoded.popleft())
            self._newest_first = tuple(entry for _, entry in reversed(self._kept))
        return self._newest_first

    def _keep(self, record: Record) -> None:
        event = event_of(record)
        if not isinstance(event, self.kind):
            return
        entry = Entry(event, Place(record.partition, record.offset), time_of(record))
        size_bytes = len(record.value or b"")
        self._kept.append((size_bytes, entry))
        self._bytes += size_bytes
        while len(self._kept) > self._max_count or (self._bytes > self._max_bytes and len(self._kept) > 1):
            self._bytes -= self._kept.popleft()[0]
