"""Index of keys by how long they had no event, so that idle ones can be deleted. Pure."""

from datetime import datetime, timedelta
from heapq import heappop, heappush


class IdleKeys:
    """The keys of one partition, each with the event time of its newest event."""

    def __init__(self, idle_after: timedelta) -> None:
        self._idle_after = idle_after
        self._touched: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []
        """One entry a key, with a time at or before its newest event."""

    def touch(self, key: str, at: datetime) -> None:
        """Take note of an event of this key."""
        if key not in self._touched:
            heappush(self._queue, (at, key))
        self._touched[key] = max(at, self._touched.get(key, at))

    def take(self, now: datetime, *, most: int) -> list[str]:
        """Return up to `most` keys that are idle when event time has come to `now`, and forget them."""
        idle: list[str] = []
        while len(idle) < most and self._queue and self._queue[0][0] + self._idle_after <= now:
            _, key = heappop(self._queue)
            touched_at = self._touched[key]
            if touched_at + self._idle_after <= now:
                del self._touched[key]
                idle.append(key)
            else:
                heappush(self._queue, (touched_at, key))
        return idle
