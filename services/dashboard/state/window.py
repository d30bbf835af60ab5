"""Sliding window: counts and latencies of the last minutes, in buckets of a few seconds."""

from collections import deque
from dataclasses import dataclass, field

BUCKET_S = 5
BUCKETS = 60
"""The window is five minutes long."""

_SAMPLES_MAX = 400
"""Latencies kept a bucket: enough for its 99th percentile."""


@dataclass(slots=True)
class Bucket:
    """Counts of a few seconds."""

    number: int
    """Seconds since 1970, divided by the length of a bucket."""

    inputs: int = 0
    done: int = 0
    dead: int = 0
    latencies_ms: list[int] = field(default_factory=list)


class Window:
    """Counts of one stream; a record counts at its timestamp, but never later than now."""

    def __init__(self) -> None:
        self._buckets: deque[Bucket] = deque(maxlen=BUCKETS)

    def at(self, time_ms: int) -> Bucket | None:
        """Return the bucket of a time; None when the time lies before the window."""
        number = time_ms // (1000 * BUCKET_S)
        newest = self._buckets[-1].number if self._buckets else number - 1
        for missing in range(max(newest + 1, number - BUCKETS + 1), number + 1):
            self._buckets.append(Bucket(missing))
        index = number - self._buckets[-1].number - 1
        return self._buckets[index] if -index <= len(self._buckets) else None

    def note_done(self, time_ms: int, latency_ms: int) -> None:
        """Count a result, and its latency."""
        if bucket := self.at(time_ms):
            bucket.done += 1
            if len(bucket.latencies_ms) < _SAMPLES_MAX:
                bucket.latencies_ms.append(latency_ms)

    def until(self, now_ms: int) -> list[Bucket]:
        """Return all buckets of the window that ends now, the oldest first."""
        self.at(now_ms)
        have = list(self._buckets)
        first = have[0].number if have else 0
        return [Bucket(first - missing) for missing in range(BUCKETS - len(have), 0, -1)] + have


def percentile(samples: list[int], share: float) -> int | None:
    """Return a percentile of latencies in ms; None without any."""
    if not samples:
        return None
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
