"""Prometheus metrics of a stream."""

from collections.abc import Mapping
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.bus.record import Partition
from shared.reasons import Reason

_AGE_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Step(StrEnum):
    """A step of a stream that is retried: label `step` of `tidemill_retries`."""

    HANDLE = "handle"
    PUBLISH = "publish"
    STORE = "store"


class StreamMetrics:
    """The counters of one service; label `stream` is the topic that was read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"tidemill_{name}", text, ("stream", *labels), registry=registry)

        self.records_in = counter("records_in", "Records read.")
        self.records_out = counter("records_out", "Results written and acknowledged.", "topic")
        self._dead_letters = counter("dead_letters", "Records dead-lettered.", "reason")
        self._retries = counter("retries", "Chunks handled or published again.", "step")
        self.rebuilds = counter("client_rebuilds", "Kafka clients replaced.")
        self._lag = Gauge(
            "tidemill_lag_records", "Records behind the end.", ("stream", "partition"), registry=registry
        )
        self.in_flight = Gauge(
            "tidemill_in_flight_records", "Records being handled.", ("stream",), registry=registry
        )
        self.event_age = Histogram(
            "tidemill_event_age_seconds",
            "From a record's timestamp to the acknowledgement of its results.",
            ("stream",),
            buckets=_AGE_BUCKETS_S,
            registry=registry,
        )

    def note_dead_letter(self, topic: str, reason: Reason) -> None:
        """Count a record of `topic` that was dead-lettered."""
        self._dead_letters.labels(topic, reason).inc()

    def note_retry(self, topic: str, step: Step) -> None:
        """Count a chunk of `topic` that was handled, published or stored again."""
        self._retries.labels(topic, step).inc()

    def set_lag(self, lag: Mapping[Partition, int]) -> None:
        """Export the lag of these partitions; other partitions belong to other members."""
        self._lag.clear()
        for partition, records in lag.items():
            self._lag.labels(*partition).set(records)
