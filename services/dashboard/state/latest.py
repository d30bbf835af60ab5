"""The newest records of each topic, undecoded: only those that a page shows are ever parsed."""

from collections import deque
from collections.abc import Collection, Iterator

from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import BY_NAME, Event
from shared.events.codec import decode

_KEPT_COUNT = 200
_KEPT_BYTES = 8 * 1024 * 1024


class Latest:
    """At most 200 records and 8 MB a topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, deque[Record]] = {}
        self._bytes: dict[str, int] = {}

    def add(self, record: Record) -> None:
        """Keep a record, and drop the oldest above the bounds."""
        topic = record.partition.topic
        kept = self._by_topic.setdefault(topic, deque())
        kept.append(record)
        size_bytes = self._bytes.get(topic, 0) + len(record.value or b"")
        while len(kept) > _KEPT_COUNT or (size_bytes > _KEPT_BYTES and len(kept) > 1):
            size_bytes -= len(kept.popleft().value or b"")
        self._bytes[topic] = size_bytes

    def records(self, topic: str) -> Iterator[Record]:
        """Yield the records of a topic, the newest first."""
        return reversed(self._by_topic.get(topic, deque()))

    def events(self, topics: Collection[type[Event]], count: int) -> list[tuple[Record, Event]]:
        """Return the newest events of several topics, the newest first, without records that hold none."""
        newest = [record for topic in topics for record in self._newest(topic.name, count)]
        found = [(record, event) for record in newest if (event := event_of(record)) is not None]
        found.sort(key=lambda pair: pair[0].timestamp_ms, reverse=True)
        return found[:count]

    def _newest(self, topic: str, count: int) -> list[Record]:
        return [record for record, _ in zip(self.records(topic), range(count), strict=False)]


def event_of(record: Record) -> Event | None:
    """Return the event in a record; None when it holds none."""
    try:
        return decode(
            BY_NAME[record.partition.topic], key=record.key, value=record.value, headers=record.headers
        )
    except (KeyError, RejectedError):
        return None
