"""The bus on Kafka, by aiokafka."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.bus.kafka_client import RECORD_MAX_BYTES, connection, to_record, translated
from shared.bus.kafka_topics import KafkaTopics
from shared.bus.port import OnRevoke
from shared.bus.record import Outgoing, Partition, Record
from shared.settings import KafkaSettings

_LINGER_MS = 5
_POSITION_TIMEOUT_S = 2.0
_COMMIT_TIMEOUT_S = 5.0
_BATCH_MAX_BYTES = 256 * 1024


class KafkaBus:
    """Opens aiokafka clients with the settings under which nothing is lost."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> "KafkaConsumer":
        """Return a consumer, not started, that begins at the oldest record and commits only when told to."""
        return KafkaConsumer(self._settings, topics, group=group, member=member)

    def producer(self) -> "KafkaProducer":
        """Return an idempotent producer, not started, that waits for all in-sync replicas."""
        return KafkaProducer(self._settings)

    async def create_topics(self, names: Iterable[str], *, partitions: int) -> None:
        """Create the topics that are missing. Raises RetryableError when the broker can't be reached."""
        topics = KafkaTopics(self._settings)
        for name in names:
            await topics.create(name, partitions=partitions, config={})


class KafkaConsumer:
    """A group member: manual commits, round-robin assignment, static membership when named."""

    def __init__(
        self, settings: KafkaSettings, topics: Sequence[str], *, group: str, member: str | None
    ) -> None:
        self._settings = settings
        self._topics = list(topics)
        self._group = group
        self._member = member
        self._client: AIOKafkaConsumer | None = None

    async def start(self, on_revoke: OnRevoke) -> None:
        """Join the group. Raises RetryableError when the broker can't be reached."""
        client = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._group,
            group_instance_id=self._member,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=self._settings.session_timeout_ms // 4,
            # The drain on revoke must fit into this.
            rebalance_timeout_ms=max(30_000, self._settings.session_timeout_ms),
            max_partition_fetch_bytes=RECORD_MAX_BYTES,
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
            metadata_max_age_ms=10_000,
        )
        client.subscribe(topics=self._topics, listener=_Revocations(on_revoke))
        with translated(f"joining group {self._group} at {self._settings.bootstrap}"):
            try:
                await client.start()
            except BaseException:
                await client.stop()
                raise
        self._client = client

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return what is there, in offset order per partition; empty after `timeout_ms`."""
        # Never wrapped in a timeout of ours: a cancelled getmany leaves aiokafka's idle time at 0 for ever.
        with translated("fetching"):
            fetched = await self._started.getmany(max_records=max_records, timeout_ms=timeout_ms)
        return {
            Partition(source.topic, source.partition): [to_record(message) for message in messages]
            for source, messages in fetched.items()
            if messages
        }

    def pause(self) -> None:
        """Fetch nothing more from the partitions assigned now."""
        self._started.pause(*self._started.assignment())

    def resume(self) -> None:
        """Fetch again from all assigned partitions."""
        self._started.resume(*(self._started.paused() & self._started.assignment()))

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Store the offset to read next, for the partitions still ours."""
        assigned = self._started.assignment()
        ours = {TopicPartition(*partition): offset for partition, offset in offsets.items()}
        ours = {partition: offset for partition, offset in ours.items() if partition in assigned}
        if ours:
            with translated("committing"):
                # aiokafka itself would try for ever, and keep a stop or a rebalance waiting.
                async with asyncio.timeout(_COMMIT_TIMEOUT_S):
                    await self._started.commit(ours)

    async def lag(self) -> Mapping[Partition, int]:
        """Return how many records lie between the read position and the end; asks the broker."""
        client = self._started
        assigned = client.assignment()
        if not assigned:
            return {}
        with translated("asking for the end of the topics"):
            # Not the fetcher's own high-water mark: it stands still when the fetcher does.
            ends = await client.end_offsets(list(assigned))
            positions = {partition: await _position(client, partition) for partition in assigned}
        return {
            Partition(*partition): max(0, ends[partition] - position)
            for partition, position in positions.items()
            if position is not None
        }

    async def stop(self) -> None:
        """Leave the group (a static member stays in it until its session times out) and close."""
        if self._client is not None:
            await self._client.stop()

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client


class KafkaProducer:
    """Idempotent, acks from all in-sync replicas, compressed."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        client = AIOKafkaProducer(
            **connection(self._settings),
            enable_idempotence=True,
            acks="all",
            compression_type=None if self._settings.compression == "none" else self._settings.compression,
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_MAX_BYTES,
            max_request_size=RECORD_MAX_BYTES,
            metadata_max_age_ms=10_000,
        )
        with translated(f"connecting to {self._settings.bootstrap}"):
            try:
                await client.start()
            except BaseException:
                await client.stop()
                raise
        self._client = client

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when every record is acknowledged; order is kept per key."""
        if self._client is None:
            raise RuntimeError("start() comes first")
        with translated("publishing"):
            acknowledgements = [
                await self._client.send(
                    record.topic, key=record.key, value=record.value, headers=list(record.headers)
                )
                for record in records
            ]
            if acknowledgements:
                # All of them, also after a failure: a late one must not land behind a second attempt.
                await asyncio.wait(acknowledgements)
            for acknowledgement in acknowledgements:
                acknowledgement.result()

    async def stop(self) -> None:
        """Flush and close."""
        if self._client is not None:
            await self._client.stop()


class _Revocations(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes a rebalance on; assignment needs nothing from us."""

    def __init__(self, on_revoke: OnRevoke) -> None:
        self._on_revoke = on_revoke

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the stream finish and commit before the partitions are gone."""
        if partitions := frozenset(Partition(*partition) for partition in revoked):
            await self._on_revoke(partitions)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Nothing to do: reading starts at the committed offsets."""


async def _position(client: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
    """Return the offset to be fetched next; None while it is unknown, and once the partition is not ours."""
    try:
        async with asyncio.timeout(_POSITION_TIMEOUT_S):
            offset: int = await client.position(partition)
            return offset
    except (TimeoutError, kafka_errors.IllegalStateError):
        return None
