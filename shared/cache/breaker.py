"""Circuit breaker: when a failing server is left alone, and when it is probed."""


class Breaker:
    """Opens after several failures in a row, then allows one probe every `open_s`.

    Instants are those of the event loop, in seconds.
    """

    def __init__(self, *, open_s: float, failures_to_open: int) -> None:
        self._open_s = open_s
        self._failures_to_open = failures_to_open
        self._failure_count = 0
        self._probe_at_s: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the server may be used."""
        return self._probe_at_s is None

    def open(self, *, until_s: float) -> None:
        """Leave the server alone until this instant."""
        self._probe_at_s = until_s

    def claim_probe(self, now_s: float) -> bool:
        """Return True to the one caller that probes now. A probe that never reports is allowed again."""
        if self._probe_at_s is None or now_s < self._probe_at_s:
            return False
        self._probe_at_s = now_s + self._open_s
        return True

    def lets_through(self, now_s: float) -> bool:
        """Return whether this call may ask: the breaker is closed, or the call is the probe."""
        return self.is_closed or self.claim_probe(now_s)

    def fail(self, now_s: float) -> bool:
        """Count a failure; return True when this one opens the breaker."""
        self._failure_count += 1
        if not self.is_closed or self._failure_count < self._failures_to_open:
            return False
        self.open(until_s=now_s + self._open_s)
        return True

    def succeed(self) -> None:
        """Close the breaker and reset the count of failures."""
        self._failure_count = 0
        self._probe_at_s = None
