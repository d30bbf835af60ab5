"""A committed position that doesn't fit its log stops the reader, on real Kafka; a person decides on."""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.skip import skip_lost
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import LostRecordsError, Outcome
from shared.bus.positions import Position
from shared.bus.received import Received
from shared.bus.record import Partition
from shared.bus.stream import Stream
from shared.settings import Delivery, KafkaSettings
from tests.support.buses import PATIENCE_S, commit_all, publish, read, reading
from tests.support.echo import echo_source
from tests.support.said import Said, record_of, said, said_on

EITHER_WAY = pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])


class Silent:
    """Answers no event and counts them."""

    def __init__(self) -> None:
        self.count = 0

    async def handle(self, received: Sequence[Received[Said]]) -> Sequence[Outcome]:
        """Return one empty outcome an event."""
        self.count += len(received)
        return [[] for _ in received]

    async def until(self, count: int) -> None:
        """Return when so many records were handled."""
        async with asyncio.timeout(PATIENCE_S):
            while self.count < count:  # noqa: ASYNC110 - the broker's time is real
                await asyncio.sleep(0.05)


class Group:
    """A group that reads a topic with one partition."""

    def __init__(self, bootstrap: str, topic: str, delivery: Delivery = "at-least-once") -> None:
        self.settings = KafkaSettings(bootstrap=bootstrap, session_timeout_ms=6_000, delivery=delivery)
        self.name = f"{topic}.readers"
        self.partition = Partition(topic, 0)
        self._bus = KafkaBus(self.settings)

    async def fill(self, count: int) -> None:
        """Create the topic if it is missing, and write so many records."""
        await self._bus.create_topics([self.partition.topic], partitions=1)
        event = said_on(self.partition.topic)
        await publish(self._bus, [record_of(said(str(number), on=event)) for number in range(count)])

    async def commit_all(self, count: int) -> None:
        """Read and commit the first `count` records."""
        async with reading(self._bus, self.partition.topic) as reader:
            await commit_all(reader, await read(reader, count))

    async def commit(self, position: Position) -> None:
        """Commit a position, as a restored broker may hold it."""
        async with reading(self._bus, self.partition.topic) as reader:
            await reader.fetch(max_records=1, timeout_ms=500)
            await reader.commit({self.partition: position})

    async def until_committed(self, next_offset: int) -> None:
        """Return when this offset is committed."""
        inspector, committed = KafkaInspector(self.settings), Position(0)
        async with asyncio.timeout(PATIENCE_S):
            while committed.next_offset < next_offset:
                found = await inspector.committed(self.name, [self.partition])
                committed = found.get(self.partition, committed)

    async def delete_topic(self) -> None:
        """Delete the topic, and return when it is gone."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([self.partition.topic])
            async with asyncio.timeout(PATIENCE_S):
                while self.partition.topic in await admin.list_topics():  # noqa: ASYNC110 - Kafka must be asked
                    await asyncio.sleep(0.1)
        finally:
            await admin.close()

    async def run(self, handler: Silent, stop: asyncio.Event) -> None:
        """Run a stream of this group until it is told to stop."""
        source = echo_source(self.partition.topic, group=self.name)
        metrics = StreamMetrics(CollectorRegistry())
        await Stream(self._bus, source, handler, limits=StreamLimits(), metrics=metrics).run(stop)

    async def offsets_read(self) -> list[int]:
        """Return the offsets of the next records that are there."""
        async with reading(self._bus, self.partition.topic) as reader:
            [at] = (await KafkaInspector(self.settings).positions(self.name, [self.partition.topic])).values()
            return [record.offset for record in await read(reader, at.lag_records)]


@EITHER_WAY
async def test_a_committed_offset_beyond_the_end_stops_the_stream_and_acknowledges_nothing(
    real_kafka: str, topic: str, delivery: Delivery
) -> None:
    group = Group(real_kafka, topic, delivery)
    await group.fill(5)
    await group.commit(Position(30))
    handler = Silent()

    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ExceptionGroup) as ended:
            await group.run(handler, asyncio.Event())

    assert ended.group_contains(LostRecordsError, match="goes on at offset 30, but the log ends at 5")
    assert handler.count == 0
    committed = await KafkaInspector(group.settings).committed(group.name, [group.partition])
    assert committed[group.partition].next_offset == 30


async def test_the_way_on_from_beyond_the_end_reads_all_that_is_left(real_kafka: str, topic: str) -> None:
    group = Group(real_kafka, topic)
    await group.fill(5)
    await group.commit(Position(30))

    assert await skip_lost(group.settings, group.name, [topic]) == {group.partition: -30}

    assert await skip_lost(group.settings, group.name, [topic]) == {}
    assert await group.offsets_read() == [0, 1, 2, 3, 4]


async def test_the_lag_of_a_group_beyond_the_end_is_all_that_is_left_and_the_reason_is_said(
    real_kafka: str, topic: str
) -> None:
    group = Group(real_kafka, topic)
    await group.fill(5)
    await group.commit(Position(30))

    [at] = (await KafkaInspector(group.settings).positions(group.name, [topic])).values()

    assert (at.committed, at.lag_records, at.end) == (30, 5, 5)
    assert "restored from a copy, or made again" in str(at.lost)


async def test_a_log_that_was_cut_and_has_grown_past_the_offset_is_known_by_its_last_record(
    real_kafka: str, topic: str
) -> None:
    group = Group(real_kafka, topic)
    await group.fill(8)
    await group.commit(Position(5, last_timestamp_ms=1_764_500_000_000))

    with pytest.raises(LostRecordsError, match="the record before offset 5 is another than"):
        await group.offsets_read()

    [at] = (await KafkaInspector(group.settings).positions(group.name, [topic])).values()
    assert at.lag_records == 8
    assert await skip_lost(group.settings, group.name, [topic]) == {group.partition: -5}
    assert await group.offsets_read() == [0, 1, 2, 3, 4, 5, 6, 7]


async def test_a_log_that_fits_is_read_on_with_the_timestamp_of_its_last_record(
    real_kafka: str, topic: str
) -> None:
    group = Group(real_kafka, topic)
    await group.fill(5)
    await group.commit_all(3)

    committed = await KafkaInspector(group.settings).committed(group.name, [group.partition])

    assert committed[group.partition].last_timestamp_ms is not None
    assert await group.offsets_read() == [3, 4]


@EITHER_WAY
async def test_a_topic_that_is_made_again_under_a_running_stream_is_read_from_its_start(
    real_kafka: str, topic: str, delivery: Delivery
) -> None:
    group = Group(real_kafka, topic, delivery)
    await group.fill(5)
    handler, stop = Silent(), asyncio.Event()
    running = asyncio.create_task(group.run(handler, stop))
    try:
        await group.until_committed(5)
        # Kafka forgets with a topic what groups have committed in it.
        await group.delete_topic()
        await group.fill(2)
        await handler.until(7)
    finally:
        stop.set()
        await running

    assert handler.count == 7
