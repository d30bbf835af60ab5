"""Pulse of a stream: the times of its last progress and of the broker's last answer."""

import asyncio

_SILENT_AFTER_S = 10.0
"""Time without an answer after which the broker counts as away: two calls of five seconds each."""


class Pulse:
    """Measures standstill. An outage of the broker is none, nor is an empty topic."""

    def __init__(self) -> None:
        self.lag_records = 0
        """Records that waited in all assigned partitions at the broker's last answer."""
        self._moved_at_s = self._heard_at_s = _now_s()

    @property
    def idle_s(self) -> float:
        """Return the seconds without progress while records waited."""
        return _now_s() - self._moved_at_s

    @property
    def silent_s(self) -> float:
        """Return the seconds since the broker's last answer."""
        return _now_s() - self._heard_at_s

    @property
    def broker_answers(self) -> bool:
        """Return whether the broker has answered within the last ten seconds."""
        return self.silent_s <= _SILENT_AFTER_S

    def move(self) -> None:
        """Note that a record was read or finished."""
        self._moved_at_s = self._heard_at_s = _now_s()

    def excuse(self) -> None:
        """Start the time without progress anew, as no progress was possible."""
        self._moved_at_s = _now_s()

    def hear(self, lag_records: int, *, in_flight_records: int) -> None:
        """Note an answer of the broker: the number of records that wait."""
        # Else the first record after a quiet hour, or after an outage, would look like a standstill.
        if not self.broker_answers or not (lag_records or in_flight_records):
            self.excuse()
        self.lag_records = lag_records
        self._heard_at_s = _now_s()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
