"""Health of a stream, judged by its progress."""

from collections.abc import Callable
from typing import Protocol

from shared.process.http import Health

Waiting = Callable[[], str | None]
"""Returns the reason for which the service waits, in one line; None when it does not wait."""


class Progress(Protocol):
    """State of a stream, for any library that it runs on."""

    def running(self) -> bool:
        """Return whether it is connected and reading, and the broker answers."""
        ...

    def stalled_s(self) -> float:
        """Return for how long records have waited without any progress.

        0 while all is well, and while the broker is down: then nothing can move, and no restart helps.
        """
        ...


def stream_health(stream: Progress, *, stall_after_s: float, waiting: Waiting = lambda: None) -> Health:
    """Return the health of a service that runs one stream.

    While a part that it needs is down it is alive but not ready: a restart would not bring that part back.
    """

    def live() -> str | None:
        stalled_s = stream.stalled_s()
        # Twice: at the first the stream itself builds new clients.
        if stalled_s > 2 * stall_after_s and waiting() is None:
            return f"records wait and none moved for {stalled_s:.0f} s"
        return None

    def ready() -> str | None:
        if waited_for := waiting():
            return waited_for
        return live() if stream.running() else "not connected to Kafka"

    return Health(live=live, ready=ready)
