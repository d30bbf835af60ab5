"""Metrics of requests, and a log line for each that is refused: never its text, its query or its key."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_NO_ROUTE = "none"

log = structlog.get_logger()


class Accesses:
    """Counts requests, and logs the refused ones. A route is a template, so that labels stay few."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "tidemill_gateway_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self._refused = Counter(
            "tidemill_gateway_refused", "Requests refused.", ("reason",), registry=registry
        )
        self._seconds = Histogram(
            "tidemill_gateway_request_seconds",
            "From the last header of a request to the end of its answer.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._known: dict[tuple[str | None, int], tuple[Counter, Histogram]] = {}
        self.in_flight = Gauge(
            "tidemill_gateway_requests_in_flight", "Requests under way.", registry=registry
        )
        self.streams = Gauge("tidemill_gateway_streams_open", "Open streams of events.", registry=registry)
        self.connections = Gauge("tidemill_gateway_connections", "Open connections.", registry=registry)

    def note_answer(self, route: str | None, status: int, seconds: float | None) -> None:
        """Count an answer; `seconds` is None for a stream, which has no duration of interest."""
        known = self._known.get((route, status))
        if known is None:  # each look-up by labels takes as long as the counting
            name = route or _NO_ROUTE
            known = self._known[route, status] = (
                self._requests.labels(name, status),
                self._seconds.labels(name),
            )
        known[0].inc()
        if seconds is not None:
            known[1].observe(seconds)

    def note_refusal(self, status: int, reason: str, *, route: str | None, key_id: str | None) -> None:
        """Count and log a request that was refused."""
        self._refused.labels(reason).inc()
        log.info("request_refused", status=status, reason=reason, route=route, key_id=key_id)
