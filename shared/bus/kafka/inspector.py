"""Inspector of a cluster: existing topics, and the positions of consumer groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.bus.kafka.client import connecting, connection
from shared.bus.kafka.finding import finding_client, first_at
from shared.bus.kafka.logs import logs_at
from shared.bus.kafka.stop import stop_consumer
from shared.bus.port import LostRecordsError
from shared.bus.positions import Log, Position
from shared.bus.record import Partition
from shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class GroupPosition:
    """Position of a group in one partition."""

    committed: int | None
    """Committed offset, which it reads next after a restart; None when it has never committed."""

    lost: LostRecordsError | None
    """Set where the committed position doesn't fit the log any more."""

    first_waiting: int
    """Offset of the first record that it has not read; `end` where there is none.

    Where `lost` is set, the offset of the oldest record.
    """

    end: int
    """Offset that the next record will get."""

    @property
    def lag_records(self) -> int:
        """Return how many records the group has not committed, ends of transactions between them included."""
        return max(0, self.end - self.first_waiting)


class KafkaInspector:
    """Admin client for topics and groups; each call opens a connection of its own."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def topics(self) -> frozenset[str]:
        """Return the topics that exist. Raises RetryableError when the broker can't be reached."""
        async with connecting(self._settings, "asking for topics"):
            client = AIOKafkaConsumer(**connection(self._settings))
            try:
                await client.start()
                return frozenset(await client.topics())
            finally:
                await stop_consumer(client)

    async def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """Return the partitions of those of `topics` that exist. Raises RetryableError as `topics` does."""
        wanted = set(topics) & await self.topics()
        async with connecting(self._settings, "asking for partitions"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                return [Partition(*place) for place in await _partitions(admin, wanted)]
            finally:
                await admin.close()

    async def committed(self, group: str, partitions: Iterable[Partition]) -> Mapping[Partition, Position]:
        """Return the committed position of `group` in those of `partitions` that have one."""
        places = [TopicPartition(*partition) for partition in partitions]
        async with connecting(self._settings, f"asking for group {group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                return await _committed(admin, group, places)
            finally:
                await admin.close()

    async def positions(self, group: str, topics: Iterable[str]) -> Mapping[Partition, GroupPosition]:
        """Return the position of `group` in each partition of those of `topics` that exist.

        Raises RetryableError when the broker doesn't answer in time.
        """
        async with connecting(self._settings, f"asking for group {group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            client = finding_client(self._settings)
            try:
                await admin.start()
                await client.start()
                partitions = await _partitions(admin, set(topics) & set(await client.topics()))
                if not partitions:
                    return {}
                committed = await _committed(admin, group, partitions)
                logs = await logs_at(self._settings, committed)
                return {
                    partition: await _position_in(
                        client, partition, committed.get(partition), logs.get(partition), group
                    )
                    for partition in map(Partition._make, partitions)
                }
            finally:
                await stop_consumer(client)
                await admin.close()


async def _position_in(
    client: AIOKafkaConsumer, partition: Partition, committed: Position | None, log: Log | None, group: str
) -> GroupPosition:
    place = TopicPartition(*partition)
    if committed is None or log is None:
        return GroupPosition(None, None, *await first_at(client, place, 0))
    lost = LostRecordsError.of(partition, committed, log, group=group)
    start = log.begin if lost else committed.next_offset
    return GroupPosition(committed.next_offset, lost, *await first_at(client, place, start))


async def _committed(
    admin: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[Partition, Position]:
    """Return the committed position of each partition that has one."""
    found = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
    return {
        Partition(*partition): Position.stored(at.offset, at.metadata)
        for partition, at in found.items()
        if at.offset >= 0
    }


async def _partitions(admin: AIOKafkaAdminClient, topics: set[str]) -> list[TopicPartition]:
    described = await admin.describe_topics(sorted(topics)) if topics else []
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
