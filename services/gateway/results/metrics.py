"""Metrics of results: calls that wait, slow readers of streams, searches in Kafka."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ResultMetrics:
    """Metrics of the answering half of the gateway. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting_calls = Gauge(
            "tidemill_waiting_calls", "Calls with `Prefer: wait` that wait for a result", registry=registry
        )
        self.slow_streams = Counter(
            "tidemill_slow_streams",
            "Streams that were ended as their readers were too slow",
            registry=registry,
        )
        self.lookups = Counter(
            "tidemill_result_lookups",
            "Questions for a result, by `source` of the answer: memory, redis, kafka, none",
            ("source",),
            registry=registry,
        )
        self.search_seconds = Histogram(
            "tidemill_result_search_seconds", "Searches for a result in Kafka", registry=registry
        )
        self.results_followed = Counter(
            "tidemill_results_followed", "Results and dead letters read by the gateway", registry=registry
        )
