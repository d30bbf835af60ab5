"""Metrics of the acceptance of events."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from shared.catalogue import GATEWAY


class AcceptMetrics:
    """Metrics of the accepting half of the gateway. Build it once per registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        accepted = Counter(
            "tidemill_accepted_events", "Events that Kafka has acknowledged", ("topic",), registry=registry
        )
        self._accepted = {topic: accepted.labels(topic) for topic in GATEWAY.output_topics}
        self.repeats = Counter(
            "tidemill_repeated_requests",
            "Requests that came again with their Idempotency-Key, and wrote nothing",
            registry=registry,
        )
        self.searches = Counter(
            "tidemill_key_searches",
            "Requests whose first gateway died or failed: their events were searched on the topic",
            registry=registry,
        )
        self.unprotected = Counter(
            "tidemill_keys_not_remembered",
            "Calls of the store of idempotency keys that failed; repeats have the same event_id",
            registry=registry,
        )
        self.kafka_available = Gauge(
            "tidemill_kafka_available", "1 while the gateway can write to Kafka", registry=registry
        )

    def count_accepted(self, topic: str, count: int) -> None:
        """Count events of a topic."""
        self._accepted[topic].inc(count)
