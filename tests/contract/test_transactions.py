"""Contract of exactly once, in memory and on real Kafka.

librdkafka's in-memory cluster takes part in transactions, but also shows aborted records.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.producer import KafkaTransactions
from shared.bus.memory import MemoryBus, MemoryTransactions
from shared.bus.port import Bus, ClientBrokenError, Outlet, RecordTooLargeError, Transactions
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from tests.support.buses import PATIENCE_S, keep, numbered, position_after, publish, read, reading

Open = Callable[[str], Transactions]


@pytest.fixture(params=["memory", "real_kafka"])
def ways(request: pytest.FixtureRequest) -> tuple[Bus, Open]:
    """Return a bus that delivers exactly once, and what opens a transactional id on it."""
    if request.param == "memory":
        memory = MemoryBus(delivery="exactly-once")
        return memory, lambda name: MemoryTransactions(memory, name)
    settings = KafkaSettings(
        bootstrap=request.getfixturevalue(request.param), session_timeout_ms=6_000, delivery="exactly-once"
    )
    return KafkaBus(settings), lambda name: KafkaTransactions(settings, name)


@asynccontextmanager
async def owning(open_transactions: Open, name: str) -> AsyncIterator[Transactions]:
    """Yield the owner of a transactional id."""
    owner = open_transactions(name)
    await owner.start()
    try:
        yield owner
    finally:
        await owner.stop()


async def seen(bus: Bus, topic: str, count: int) -> list[bytes | None]:
    """Return `count` values of a topic as a new reader of committed records sees them, and any more."""
    async with reading(bus, topic) as consumer:
        records = await read(consumer, count)
        more = await consumer.fetch(max_records=10, timeout_ms=300)
    return [record.value for record in [*records, *(each for part in more.values() for each in part)]]


async def test_what_is_not_committed_is_never_seen(ways: tuple[Bus, Open], topic: str) -> None:
    bus, opened = ways
    async with owning(opened, topic) as first:
        await first.publish([Outgoing(topic, b"k", b"never")])
    async with owning(opened, topic) as second:
        await second.publish([Outgoing(topic, b"k", b"one")])
        await second.commit({Partition(topic, 0): Position(1)}, group=topic)
        await second.publish([Outgoing(topic, b"k", b"two")])
        await second.commit({Partition(topic, 0): Position(2)}, group=topic)

    assert await seen(bus, topic, 2) == [b"one", b"two"]


async def test_a_former_owner_is_shut_out(ways: tuple[Bus, Open], topic: str) -> None:
    bus, opened = ways
    async with owning(opened, topic) as zombie:
        await zombie.publish([Outgoing(topic, b"k", b"late")])
        async with owning(opened, topic) as owner:
            with pytest.raises((ClientBrokenError, RetryableError)):
                await zombie.commit({Partition(topic, 0): Position(7)}, group=topic)
            await owner.publish([Outgoing(topic, b"k", b"mine")])
            await owner.commit({Partition(topic, 0): Position(1)}, group=topic)

    assert await seen(bus, topic, 1) == [b"mine"]


async def test_offsets_are_stored_with_the_records(ways: tuple[Bus, Open], topic: str) -> None:
    bus, opened = ways
    await publish(bus, [Outgoing(topic, b"k", str(number).encode()) for number in range(5)])
    async with reading(bus, topic) as consumer:
        [first, *_] = await read(consumer, 5)
        async with owning(opened, topic) as owner:
            await owner.publish([Outgoing(f"{topic}.out", b"k", b"three of them")])
            await owner.commit({first.partition: Position(3)}, group=f"{topic}.readers")

    async with reading(bus, topic) as consumer:
        rest = await read(consumer, 2)

    assert [record.offset for record in rest] == [3, 4]


async def test_a_record_too_large_is_refused_before_any_is_written(
    ways: tuple[Bus, Open], topic: str
) -> None:
    bus, opened = ways
    async with owning(opened, topic) as owner:
        with pytest.raises(RecordTooLargeError):
            await owner.publish([Outgoing(topic, b"k", b"first"), Outgoing(topic, b"k", bytes(2_097_153))])
        await owner.publish([Outgoing(topic, b"k", b"small")])
        await owner.commit({Partition(topic, 0): Position(1)}, group=topic)

    assert await seen(bus, topic, 1) == [b"small"]


async def test_an_outlet_writes_and_commits_what_it_took_over(ways: tuple[Bus, Open], topic: str) -> None:
    bus, _ = ways
    results = f"{topic}.out"
    await publish(bus, numbered(topic, 40))

    first = await echoed(bus, topic, results, stop_after=20)
    await echoed(bus, topic, results, stop_after=40 - first)

    values = await seen(bus, results, 40)
    assert sorted(int(value or b"") for value in values) == list(range(40))


async def echoed(bus: Bus, topic: str, results: str, *, stop_after: int) -> int:
    """Answer records with themselves until so many are committed; drop one more answer. Return how many."""
    consumer = bus.consumer([topic], group=topic)
    outlet = bus.outlet(consumer, group=topic)
    count = 0
    await outlet.start()
    await consumer.start(keep, outlet.take_over)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while count < stop_after:
                fetched = await consumer.fetch(max_records=stop_after - count, timeout_ms=200)
                count += await _answered(outlet, fetched, results)
            await outlet.commit()
            fetched = await consumer.fetch(max_records=1, timeout_ms=200)
            await _answered(outlet, fetched, results)
    finally:
        await consumer.stop()
        await outlet.stop()
    return count


async def _answered(outlet: Outlet, fetched: Mapping[Partition, Sequence[Record]], results: str) -> int:
    for partition, records in fetched.items():
        answers = [Outgoing(results, record.key, record.value) for record in records]
        await outlet.publish(partition, answers, up_to=position_after(records[-1]))
    return sum(map(len, fetched.values()))
