"""Index of keys by the event time that each waits for. Pure."""

from datetime import datetime
from heapq import heapify, heappush

_SLACK = 64


class DueKeys:
    """Keys with one time each; those that are due are found without a look at the others."""

    def __init__(self) -> None:
        self._times: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []
        """The times of all keys, and some that are out of date."""

    def wait(self, key: str, time: datetime | None) -> None:
        """Let a key wait for this time in place of another; None: for none any more."""
        if time is None:
            self._times.pop(key, None)
        elif self._times.get(key) != time:
            self._times[key] = time
            heappush(self._heap, (time, key))
        if len(self._heap) > 2 * len(self._times) + _SLACK:
            self._heap = [(due, waiting) for waiting, due in self._times.items()]
            heapify(self._heap)

    def until(self, now: datetime) -> set[str]:
        """Return the keys whose time has come."""
        due: set[str] = set()
        places = [0]
        while places:  # below a time that has not come there is none that has
            place = places.pop()
            if place < len(self._heap) and self._heap[place][0] <= now:
                time, key = self._heap[place]
                if self._times.get(key) == time:
                    due.add(key)
                places += (2 * place + 1, 2 * place + 2)
        return due
