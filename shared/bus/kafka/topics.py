"""Administration of topics: partition counts, creation and deletion of records."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from shared.bus.kafka.client import connecting, connection
from shared.bus.record import Partition
from shared.errors import ConfigError
from shared.settings import KafkaSettings


class KafkaTopics:
    """Admin client for topics; each call opens a connection of its own."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def partition_count(self, topic: str) -> int:
        """Return the number of partitions.

        A broker that creates topics by their first use creates it now. Raises RetryableError when
        the broker can't be reached, or doesn't have the topic.
        """
        async with connecting(self._settings, f"asking for the topic {topic}"):
            client = AIOKafkaProducer(**connection(self._settings), request_timeout_ms=10_000)
            try:
                await client.start()
                return len(await client.partitions_for(topic))
            finally:
                await client.stop()

    async def partition_counts(self, topics: Iterable[str]) -> dict[str, int]:
        """Return the number of partitions of each topic, as `partition_count` does."""
        async with connecting(self._settings, "asking for partitions"):
            client = AIOKafkaProducer(**connection(self._settings), request_timeout_ms=10_000)
            try:
                await client.start()
                return {topic: len(await client.partitions_for(topic)) for topic in topics}
            finally:
                await client.stop()

    async def create(self, topic: str, *, partitions: int, config: Mapping[str, str]) -> None:
        """Create the topic if it is missing.

        Raises RetryableError when the broker can't be reached, ConfigError when it doesn't let us.

        Does nothing at a broker that can't create topics on request, as the in-memory one: there
        they appear with their first use, without `config`.
        """
        async with connecting(self._settings, f"creating {topic}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                cluster = await admin.describe_cluster()
                if cluster["controller_id"] not in {broker["node_id"] for broker in cluster["brokers"]}:
                    return
                if topic not in await admin.list_topics():
                    # Empty assignments: aiokafka's way to say "as many replicas as is usual there".
                    new = NewTopic(topic, partitions, -1, replica_assignments={}, topic_configs=dict(config))
                    _check(topic, await admin.create_topics([new]))
            finally:
                await admin.close()

    async def delete_before(self, offsets: Mapping[Partition, int]) -> None:
        """Delete the records before an offset of each partition.

        Raises RetryableError when the broker can't be reached, ConfigError when it can't delete records, as
        the in-memory one, or doesn't let us.
        """
        places = {TopicPartition(*place): RecordsToDelete(offset) for place, offset in offsets.items()}
        async with connecting(self._settings, "deleting records"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                await admin.delete_records(places)
            except (kafka_errors.IncompatibleBrokerVersion, kafka_errors.UnsupportedVersionError):
                raise ConfigError(
                    "this broker can't delete records; the embedded one in memory forgets them when it ends"
                ) from None
            except kafka_errors.PolicyViolationError:
                raise ConfigError(
                    "a compacted topic keeps its records; dead letters need cleanup.policy=delete"
                ) from None
            finally:
                await admin.close()


def _check(topic: str, answer: Any) -> None:
    """Raise the error that the answer holds, which aiokafka leaves in it; return where it holds none."""
    for _, code, *_ in answer.topic_errors:
        kind = kafka_errors.for_code(code)
        if kind not in {kafka_errors.NoError, kafka_errors.TopicAlreadyExistsError}:
            raise kind(topic)
