"""Topics that get more partitions while they are read, on real Kafka: each record is read, and once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Partition, Record
from shared.settings import KafkaSettings
from tests.support.buses import PATIENCE_S, commit_all, kafka_bus, numbered, publish, read, reading
from tests.support.raw_batches import RawRecord, batch, write

NOTICED_WITHIN_S = 15.0


@pytest.fixture
async def bus(real_kafka: str, topic: str) -> KafkaBus:
    """Return a bus with a topic of one partition that holds ten records."""
    bus = kafka_bus(real_kafka)
    await bus.create_topics([topic], partitions=1)
    await publish(bus, numbered(topic, 10))
    return bus


async def grow(bootstrap: str, topic: str) -> None:
    """Add two partitions, and write a record to each before a reader can notice."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(3)})
    finally:
        await admin.close()
    for number in (1, 2):
        await write_once_there(bootstrap, Partition(topic, number))


async def write_once_there(bootstrap: str, partition: Partition) -> None:
    """Write one record as soon as the partition has a leader."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await write(bootstrap, partition, batch([RawRecord(b"new")]))
            except AssertionError:
                await asyncio.sleep(0.1)


async def test_a_group_member_reads_new_partitions_within_seconds_and_from_their_first_record(
    real_kafka: str, bus: KafkaBus, topic: str
) -> None:
    async with reading(bus, topic) as consumer:
        await commit_all(consumer, await read(consumer, 10))
        await grow(real_kafka, topic)

        async with asyncio.timeout(NOTICED_WITHIN_S):
            found = await read(consumer, 2)

    assert sorted((record.partition.number, record.offset) for record in found) == [(1, 0), (2, 0)]


@asynccontextmanager
async def whole(bootstrap: str, topic: str, *, from_end: bool) -> AsyncIterator[KafkaReader]:
    """Yield a reader without a group."""
    reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [topic], from_end=from_end)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def fetched(reader: KafkaReader, count: int) -> list[Record]:
    """Return the next records."""
    found: list[Record] = []
    async with asyncio.timeout(NOTICED_WITHIN_S):
        while len(found) < count:
            found += await reader.fetch(timeout_ms=200)
    return found


@pytest.mark.parametrize("from_end", [False, True], ids=["from the beginning", "from the end"])
async def test_a_reader_goes_on_in_old_partitions_and_reads_new_ones_from_their_first_record(
    real_kafka: str, bus: KafkaBus, topic: str, *, from_end: bool
) -> None:
    async with whole(real_kafka, topic, from_end=from_end) as reader:
        await fetched(reader, 0 if from_end else 10)
        await grow(real_kafka, topic)
        await write(real_kafka, Partition(topic, 0), batch([RawRecord(b"more")]))

        found = await fetched(reader, 3)
        late = await reader.fetch(timeout_ms=1_000)

    assert bus is not None
    assert late == []
    assert sorted((record.partition.number, record.offset) for record in found) == [(0, 10), (1, 0), (2, 0)]
