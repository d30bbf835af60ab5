"""Topics as such: how many partitions they have, and creating those that are missing."""

from collections.abc import Mapping

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.bus.kafka_client import connection, translated
from shared.settings import KafkaSettings

COMPACTED = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.bytes": str(16 * 1024 * 1024),
}
"""Configuration of a topic that keeps the last value of each key, and is soon rid of the others."""


class KafkaTopics:
    """Answers and creates; each call connects anew."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def partition_count(self, topic: str) -> int:
        """Return the number of partitions.

        A broker that creates topics by their first use creates it now. Raises RetryableError when
        the broker can't be reached, or doesn't have the topic.
        """
        with translated(f"asking {self._settings.bootstrap} for the topic {topic}"):
            client = AIOKafkaProducer(**connection(self._settings), request_timeout_ms=10_000)
            try:
                await client.start()
                return len(await client.partitions_for(topic))
            finally:
                await client.stop()

    async def create(self, topic: str, *, partitions: int, config: Mapping[str, str]) -> None:
        """Create the topic if it is missing. Raises RetryableError when the broker can't be reached.

        Does nothing at a broker that can't create topics on request, as the in-memory one: there
        they appear with their first use, without `config`.
        """
        with translated(f"creating {topic} at {self._settings.bootstrap}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                cluster = await admin.describe_cluster()
                if cluster["controller_id"] not in {broker["node_id"] for broker in cluster["brokers"]}:
                    return
                if topic not in await admin.list_topics():
                    # Empty assignments: aiokafka's way to say "as many replicas as is usual there".
                    new = NewTopic(topic, partitions, -1, replica_assignments={}, topic_configs=dict(config))
                    await admin.create_topics([new])
            finally:
                await admin.close()
