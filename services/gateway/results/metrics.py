"""Metrics of results: calls that wait, streams that are open, searches in Kafka."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ResultMetrics:
    """Metrics of the answering half of the gateway. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.waiting_calls = Gauge(
            "tidemill_waiting_calls", "Calls with `Prefer: wait` that wait for a result", registry=registry
        )
        self.open_streams = Gauge("tidemill_open_streams", "Streams of results open now", registry=registry)
        self.ended_streams = Counter(
            "tidemill_ended_streams",
            "Streams that ended, by `why`: left, slow, stop",
            ("why",),
            registry=registry,
        )
        self.refused_streams = Counter(
            "tidemill_refused_streams", "Streams that were refused, as too many were open", registry=registry
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
