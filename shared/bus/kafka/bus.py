"""Kafka adapter of the bus, by aiokafka: consumers, producers, outlets."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka import errors as kafka_errors

from shared.bus.kafka.client import RECORD_MAX_BYTES, connecting, connection, to_commit, to_record, translated
from shared.bus.kafka.identity import Identity, assignor_of, identity_of
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.logs import logs_at
from shared.bus.kafka.producer import KafkaProducer, KafkaTransactions
from shared.bus.kafka.rebalance import Rebalance
from shared.bus.kafka.stop import give_up_consumer, stop_consumer
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.outlet import AckedOutlet, TransactionalOutlet
from shared.bus.port import Consumer, LostRecordsError, OnAssign, OnRevoke, Outlet
from shared.bus.positions import Position
from shared.bus.record import Partition, Record
from shared.settings import KafkaSettings

_ANSWER_TIMEOUT_S = 5.0
_POSITION_TIMEOUT_S = 2.0
_COMMIT_TIMEOUT_S = 5.0
_METADATA_MAX_AGE_MS = 3_000
"""New partitions of a topic are noticed after this long; they are read from their first record."""


class KafkaBus:
    """Bus on a Kafka cluster, with the client settings under which no record is lost."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._identities: dict[tuple[str, str | None], Identity | None] = {}
        """One for each group and static name; they outlive the clients."""

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> "KafkaConsumer":
        """Return a consumer, not started, that begins at the oldest record and commits only when told to."""
        return KafkaConsumer(self._settings, topics, group=group, identity=self._identity(group, member))

    def producer(self) -> KafkaProducer:
        """Return an idempotent producer, not started, that waits for all in-sync replicas."""
        return KafkaProducer(self._settings)

    def outlet(self, consumer: Consumer, *, group: str) -> Outlet:
        """Return the outlet for results of this consumer's records, not started, of the kind that is set."""
        if self._settings.delivery == "exactly-once":
            return TransactionalOutlet(partial(KafkaTransactions, self._settings), group=group)
        return AckedOutlet(self.producer(), consumer)

    def _identity(self, group: str, member: str | None) -> Identity | None:
        new = identity_of(self._settings, group=group, name=member)
        return self._identities.setdefault((group, member), new)

    async def create_topics(self, names: Iterable[str], *, partitions: int) -> None:
        """Create the topics that are missing. Raises RetryableError when the broker can't be reached."""
        topics = KafkaTopics(self._settings)
        for name in names:
            await topics.create(name, partitions=partitions, config={})


class KafkaConsumer:
    """Member of a consumer group: manual commits, round-robin assignment, static if it has an identity."""

    def __init__(
        self, settings: KafkaSettings, topics: Sequence[str], *, group: str, identity: Identity | None
    ) -> None:
        self._settings = settings
        self._topics = list(topics)
        self._group = group
        self._identity = identity
        self._client: AIOKafkaConsumer | None = None
        self._rebalance: Rebalance | None = None

    async def start(self, on_revoke: OnRevoke, on_assign: OnAssign) -> None:
        """Join the group. Raises RetryableError when the broker can't be reached.

        Raises IdentityClashError when this process was a static member before, and another one has its
        name now.
        """
        if self._identity is not None:
            await self._identity.refuse_clash()
        client = self._new_client()
        go_to_committed = partial(self._go_to_committed, client)
        rebalance = Rebalance(
            client, on_revoke, on_assign, go_to_committed=go_to_committed, identity=self._identity
        )
        client.subscribe(topics=self._topics, listener=rebalance)
        async with connecting(self._settings, f"joining group {self._group}"):
            try:
                await client.start()
            except BaseException:
                if self._identity is not None:
                    self._identity.note_joined()
                await give_up_consumer(client)
                raise
        self._client, self._rebalance = client, rebalance

    def _new_client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._group,
            group_instance_id=None if self._identity is None else self._identity.name,
            enable_auto_commit=False,
            auto_offset_reset="none",  # else deleted records would be passed over without a word
            isolation_level="read_committed",
            partition_assignment_strategy=(assignor_of(self._identity),),
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=self._settings.session_timeout_ms // 4,
            # The drain on revoke must fit into this.
            rebalance_timeout_ms=max(30_000, self._settings.session_timeout_ms),
            max_partition_fetch_bytes=RECORD_MAX_BYTES,
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
            metadata_max_age_ms=_METADATA_MAX_AGE_MS,
        )

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return the records that are there, in offset order per partition; none after `timeout_ms`."""
        fetched: Mapping[TopicPartition, Sequence[Any]] = {}
        self._has_taken_over()  # raises where nothing can be fetched any more
        with translated("fetching"):
            try:
                # No timeout of ours around it: a cancelled getmany leaves aiokafka's idle time at 0.
                fetched = await self._started.getmany(max_records=max_records, timeout_ms=timeout_ms)
            except kafka_errors.NoOffsetForPartitionError:
                pass  # until the partitions are taken over
            except kafka_errors.KafkaError as error:
                # Until partitions are taken over aiokafka reads at the committed offset, which is unchecked.
                if self._has_taken_over() or not isinstance(error, kafka_errors.OffsetOutOfRangeError):
                    raise
        if not self._has_taken_over():
            return {}
        return {
            Partition(source.topic, source.partition): [to_record(message) for message in messages]
            for source, messages in fetched.items()
            if messages
        }

    def pause(self) -> None:
        """Stop fetching from the partitions assigned now."""
        self._started.pause(*self._started.assignment())

    def resume(self) -> None:
        """Fetch from all assigned partitions again."""
        self._started.resume(*(self._started.paused() & self._started.assignment()))

    async def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Store the positions of those partitions that are still assigned to this member."""
        assigned = self._started.assignment()
        ours = {place: stored for place, stored in to_commit(positions).items() if place in assigned}
        if ours:
            with translated("committing"):
                # aiokafka itself would try for ever, and keep a stop or a rebalance waiting.
                async with asyncio.timeout(_COMMIT_TIMEOUT_S):
                    await self._started.commit(ours)

    async def lag(self) -> Mapping[Partition, int]:
        """Return how many records lie between the read position and the end; asks the broker."""
        client = self._started
        assigned = list(client.assignment())
        with translated("asking for the end of the topics"):
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                # Not the fetcher's own high-water mark: it stands still when the fetcher does. And with
                # nothing assigned an answer still says that the broker is there.
                ends = await client.end_offsets(assigned or self._all_partitions())
            positions = await asyncio.gather(*(_position(client, partition) for partition in assigned))
        return {
            Partition(*partition): max(0, ends[partition] - position)
            for partition, position in zip(assigned, positions, strict=True)
            if position is not None
        }

    async def stop(self) -> None:
        """Leave the group (a static member stays in it until its session times out) and close."""
        if self._client is not None:
            await stop_consumer(self._client)

    def _has_taken_over(self) -> bool:
        """Return whether the last rebalance is over. Raises the error that interrupted it."""
        return self._rebalance is None or self._rebalance.is_over()

    def _all_partitions(self) -> list[TopicPartition]:
        return [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in self._started.partitions_for_topic(topic) or ()
        ]

    async def _go_to_committed(self, client: AIOKafkaConsumer, assigned: Iterable[TopicPartition]) -> None:
        """Seek to the committed position of each partition, else to its oldest record.

        Raises LostRecordsError where a committed position doesn't fit the log.
        """
        partitions = [Partition(*place) for place in assigned]
        committed = await KafkaInspector(self._settings).committed(self._group, partitions)
        positions = {partition: committed.get(partition, Position(0)) for partition in partitions}
        logs = await logs_at(self._settings, positions)
        for partition, position in positions.items():
            if partition not in committed:
                client.seek(TopicPartition(*partition), logs[partition].begin)
                continue
            if lost := LostRecordsError.of(partition, position, logs[partition], group=self._group):
                raise lost
            client.seek(TopicPartition(*partition), position.next_offset)

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client


async def _position(client: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
    """Return the offset to fetch next; None while it is unknown or the partition is not assigned."""
    try:
        async with asyncio.timeout(_POSITION_TIMEOUT_S):
            offset: int = await client.position(partition)
            return offset
    except (TimeoutError, kafka_errors.IllegalStateError):
        return None
