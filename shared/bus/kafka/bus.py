"""The bus on Kafka, by aiokafka."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from shared.bus.kafka.client import RECORD_MAX_BYTES, connecting, connection, to_commit, to_record, translated
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.logs import logs_at
from shared.bus.kafka.producer import KafkaProducer, KafkaTransactions
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


_GoTo = Callable[[Iterable[TopicPartition]], Awaitable[None]]


class KafkaBus:
    """Opens aiokafka clients with the settings under which nothing is lost."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> "KafkaConsumer":
        """Return a consumer, not started, that begins at the oldest record and commits only when told to."""
        return KafkaConsumer(self._settings, topics, group=group, member=member)

    def producer(self) -> KafkaProducer:
        """Return an idempotent producer, not started, that waits for all in-sync replicas."""
        return KafkaProducer(self._settings)

    def outlet(self, consumer: Consumer, *, group: str) -> Outlet:
        """Return where what comes of the records of `consumer` goes, not started; the settings say how."""
        if self._settings.delivery == "exactly-once":
            return TransactionalOutlet(partial(KafkaTransactions, self._settings), group=group)
        return AckedOutlet(self.producer(), consumer)

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
        self._rebalance: _Rebalance | None = None

    async def start(self, on_revoke: OnRevoke, on_assign: OnAssign) -> None:
        """Join the group. Raises RetryableError when the broker can't be reached."""
        client = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._group,
            group_instance_id=self._member,
            enable_auto_commit=False,
            auto_offset_reset="none",  # else deleted records would be passed over without a word
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
        rebalance = _Rebalance(on_revoke, on_assign, partial(self._go_to_committed, client))
        client.subscribe(topics=self._topics, listener=rebalance)
        async with connecting(self._settings, f"joining group {self._group}"):
            try:
                await client.start()
            except BaseException:
                await give_up_consumer(client)
                raise
        self._client, self._rebalance = client, rebalance

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return what is there, in offset order per partition; empty after `timeout_ms`."""
        fetched: Mapping[TopicPartition, Sequence[Any]] = {}
        with translated("fetching"):
            try:
                # No timeout of ours around it: a cancelled getmany leaves aiokafka's idle time at 0.
                fetched = await self._started.getmany(max_records=max_records, timeout_ms=timeout_ms)
            except kafka_errors.NoOffsetForPartitionError:
                pass  # until the partitions are taken over
            except kafka_errors.OffsetOutOfRangeError:
                # Before the takeover aiokafka begins at the committed offset by itself, before it is checked.
                if self._has_taken_over():
                    raise
        if not self._has_taken_over():
            return {}
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

    async def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Store where to go on, for the partitions still ours."""
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
        """Read on from what is committed, else from the oldest record.

        Raises LostRecordsError where what is committed doesn't fit the log.
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


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes a rebalance on, and holds all records back until it is over."""

    def __init__(self, on_revoke: OnRevoke, on_assign: OnAssign, go_to_committed: _GoTo) -> None:
        self._on_revoke = on_revoke
        self._on_assign = on_assign
        self._go_to_committed = go_to_committed
        self._over = False
        self._failure: Exception | None = None

    def is_over(self) -> bool:
        """Return whether records may be handed out. Re-raises the error that interrupted the takeover."""
        if self._failure is not None:
            raise self._failure
        return self._over

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the stream finish and commit before the partitions are gone."""
        self._over = False
        if partitions := frozenset(Partition(*partition) for partition in revoked):
            await self._on_revoke(partitions)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take the partitions over, then read on from what is committed."""
        try:
            with translated("taking partitions over"):
                await self._on_assign(frozenset(Partition(*partition) for partition in assigned))
                await self._go_to_committed(assigned)
        except Exception as error:  # noqa: BLE001 - aiokafka would only log it, whatever it is
            self._failure = error
        self._over = True


async def _position(client: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
    """Return the offset to be fetched next; None while it is unknown, and once the partition is not ours."""
    try:
        async with asyncio.timeout(_POSITION_TIMEOUT_S):
            offset: int = await client.position(partition)
            return offset
    except (TimeoutError, kafka_errors.IllegalStateError):
        return None
