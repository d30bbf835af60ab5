"""Time of a training, and an early estimate of the whole."""

import time
from collections.abc import Callable, Mapping

WARM_STEPS = 3
"""Steps before the measurement: the first ones reserve memory and take longer."""

TIMED_STEPS = 10


class Stopwatch:
    """Seconds of a training, over interruptions."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.elapsed_s = 0.0
        self.estimated_s: float | None = None
        self._now_s = now_s
        self._started_s = self._warm_s = 0.0

    def start(self) -> None:
        """Start or resume counting."""
        self._started_s = self._now_s() - self.elapsed_s

    def tick(self, number: int, count: int) -> None:
        """Record that step `number` of `count` is done."""
        self.elapsed_s = self._now_s() - self._started_s
        if number == WARM_STEPS:
            self._warm_s = self.elapsed_s
        if number == WARM_STEPS + TIMED_STEPS:
            step_s = (self.elapsed_s - self._warm_s) / TIMED_STEPS
            self.estimated_s = round(self.elapsed_s + step_s * (count - number), 1)

    def state_dict(self) -> dict[str, float | None]:
        """Return the seconds so far and the estimate."""
        return {"elapsed_s": self.elapsed_s, "estimated_s": self.estimated_s}

    def load_state_dict(self, state: Mapping[str, float | None]) -> None:
        """Resume from `state`."""
        self.elapsed_s = state["elapsed_s"] or 0.0
        self.estimated_s = state["estimated_s"]
