"""Each bus there is, and what tests do with one."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.memory import MemoryBus
from shared.bus.port import Bus, Consumer, OnRevoke
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Place, Record
from shared.settings import KafkaSettings

KEYS = [f"key-{number}".encode() for number in range(10)]
PATIENCE_S = 30.0


def kafka_bus(bootstrap: str) -> KafkaBus:
    """Return a bus whose groups notice a new member soon."""
    return KafkaBus(KafkaSettings(bootstrap=bootstrap, session_timeout_ms=6_000))


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaBus:
    """Return a bus on each Kafka."""
    return kafka_bus(request.getfixturevalue(request.param))


@pytest.fixture(params=["memory", "memory_kafka", "real_kafka"])
def bus(request: pytest.FixtureRequest) -> Bus:
    """Return each bus there is."""
    if request.param == "memory":
        return MemoryBus()
    return kafka_bus(request.getfixturevalue(request.param))


@pytest.fixture
def topic() -> str:
    """Return a topic that nobody has used."""
    return f"contract.{uuid.uuid4()}"


async def keep(_: frozenset[Partition]) -> None:
    """Have nothing to do when partitions come or go."""


@asynccontextmanager
async def reading(
    bus: Bus, topic: str, *, member: str | None = None, on_revoke: OnRevoke = keep
) -> AsyncIterator[Consumer]:
    """Yield a member of the topic's group."""
    consumer = bus.consumer([topic], group=f"{topic}.readers", member=member)
    await consumer.start(on_revoke, keep)
    try:
        yield consumer
    finally:
        await consumer.stop()


async def publish(bus: Bus, records: Sequence[Outgoing]) -> Sequence[Place]:
    """Write records, all acknowledged; return their places."""
    producer = bus.producer()
    await producer.start()
    try:
        return await producer.publish(records)
    finally:
        await producer.stop()


async def read(consumer: Consumer, count: int) -> list[Record]:
    """Return the next `count` records."""
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            fetched = await consumer.fetch(max_records=count - len(found), timeout_ms=500)
            found += [record for records in fetched.values() for record in records]
    return found


async def until(holds: Callable[[], bool], consumer: Consumer, seen: list[Record]) -> None:
    """Let a member read until a condition holds."""
    while not holds():
        fetched = await consumer.fetch(max_records=100, timeout_ms=50)
        seen += [record for records in fetched.values() for record in records]


def numbered(topic: str, count: int) -> list[Outgoing]:
    """Return records that take turns with their keys."""
    return [Outgoing(topic, KEYS[number % len(KEYS)], str(number).encode()) for number in range(count)]


async def hold(bus: Bus, topic: str, seen: list[Record]) -> None:
    """Be a second member until cancelled."""
    async with reading(bus, topic) as consumer:
        await until(lambda: False, consumer, seen)


async def commit_all(consumer: Consumer, records: Sequence[Record]) -> None:
    """Commit all of `records`."""
    await consumer.commit({record.partition: position_after(record) for record in records})


def position_after(record: Record) -> Position:
    """Return the position of a reader that has handled `record`."""
    return Position(record.offset + 1, record.timestamp_ms)


async def delete_before(bootstrap: str, partition: Partition, offset: int) -> None:
    """Delete the records of a partition below `offset`, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(*partition): RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def records_of(
    settings: KafkaSettings, topic: str, *, enough: Callable[[Sequence[Record]], bool], within_s: float
) -> list[Record]:
    """Return the records of a topic from its beginning, once they are enough."""
    reader = KafkaReader(settings, [topic])
    await reader.start()
    found: list[Record] = []
    try:
        async with asyncio.timeout(within_s):
            while not enough(found):
                found += await reader.fetch(timeout_ms=200)
    finally:
        await reader.stop()
    return found
