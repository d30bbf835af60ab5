"""Probe of a Kafka broker, by the first requests of any client."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic


@dataclass(frozen=True, slots=True)
class KafkaProbe:
    """Requests to the brokers at an address; each raises KafkaException when it has no good answer."""

    bootstrap: str
    timeout_s: float = 2.0

    async def metadata(self) -> None:
        """Return when a broker names the members of its cluster."""
        await self._port()
        await asyncio.to_thread(self._admin().list_topics, timeout=self.timeout_s)

    async def coordinator(self) -> None:
        """Return when a consumer group can be coordinated; a broker can't for a second after its start."""
        await self._port()
        admin = self._admin()  # a client that is not kept takes its unanswered questions with it
        asked = admin.describe_consumer_groups(["tidemill.probe"], request_timeout=self.timeout_s)
        await asyncio.to_thread(asked["tidemill.probe"].result, self.timeout_s)

    async def partition_count(self, topic: str) -> int:
        """Return the number of partitions of a topic; the in-memory Kafka creates it on this request."""
        found = await asyncio.to_thread(self._admin().list_topics, topic, timeout=self.timeout_s)
        return len(found.topics[topic].partitions)

    async def create_topics(self, names: Iterable[str], *, partitions: int) -> None:
        """Create the topics that are missing; those that exist keep their partitions."""
        wanted = [NewTopic(name, num_partitions=partitions, replication_factor=1) for name in names]
        admin = self._admin()
        created = admin.create_topics(wanted, request_timeout=10.0)
        for future in created.values():
            try:
                await asyncio.to_thread(future.result)
            except KafkaException as error:
                if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                    raise

    async def _port(self) -> None:
        """Connect once first: the client library would keep trying, and print every refusal."""
        host, port = self.bootstrap.split(",")[0].rsplit(":", 1)
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
