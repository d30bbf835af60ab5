"""The signs of life of a stream: when records last moved, and when the broker was last heard."""

import asyncio

_SILENT_AFTER_S = 10.0
"""An answer takes five seconds at most, and two in a row must be lost."""


class Pulse:
    """Counts neither an outage of the broker nor having nothing to do as a standstill."""

    def __init__(self) -> None:
        self.lag_records = 0
        """How many records waited in the broker when it last said so, in all assigned partitions."""
        self._moved_at_s = self._heard_at_s = _now_s()

    @property
    def idle_s(self) -> float:
        """Return for how long no record was read or finished although there was one to read."""
        return _now_s() - self._moved_at_s

    @property
    def silent_s(self) -> float:
        """Return for how long the broker has answered nothing."""
        return _now_s() - self._heard_at_s

    @property
    def broker_answers(self) -> bool:
        """Return whether the broker was heard lately."""
        return self.silent_s <= _SILENT_AFTER_S

    def move(self) -> None:
        """Take note that a record was read or finished."""
        self._moved_at_s = self._heard_at_s = _now_s()

    def excuse(self) -> None:
        """Take note that nothing could move so far."""
        self._moved_at_s = _now_s()

    def hear(self, lag_records: int, *, in_flight_records: int) -> None:
        """Take note that the broker answered, and of how many records wait there."""
        # Else the first record after a quiet hour, or after an outage, would look like a standstill.
        if not self.broker_answers or not (lag_records or in_flight_records):
            self.excuse()
        self.lag_records = lag_records
        self._heard_at_s = _now_s()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
