"""A client whose broker went silent is closed in its time, and leaves no task and no connection behind."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psutil
import pytest

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.producer import KafkaTransactions
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing, Partition
from tests.support.buses import keep, numbered, publish
from tests.support.silence import SilentBroker

PATIENCE_S = 10.0


@pytest.fixture
def broker(memory_kafka: str) -> SilentBroker:
    """Return a broker that can fall silent."""
    return SilentBroker(memory_kafka)


async def _consumer(broker: SilentBroker, topic: str) -> Callable[[], Awaitable[None]]:
    consumer = KafkaBus(broker.settings).consumer([topic], group=topic)
    await consumer.start(keep, keep)
    while not await consumer.fetch(max_records=1, timeout_ms=1_000):
        pass
    return consumer.stop


async def _producer(broker: SilentBroker, topic: str) -> Callable[[], Awaitable[None]]:
    producer = KafkaBus(broker.settings).producer()
    await producer.start()
    await producer.publish(numbered(topic, 10))
    return producer.stop


async def _transactions(broker: SilentBroker, topic: str) -> Callable[[], Awaitable[None]]:
    owner = KafkaTransactions(broker.settings, topic)
    await owner.start()
    await owner.publish([Outgoing(topic, b"k", b"one")])
    return owner.stop


async def _reader(broker: SilentBroker, topic: str) -> Callable[[], Awaitable[None]]:
    reader = KafkaReader(broker.settings, [topic])
    await reader.start()
    while not await reader.fetch(timeout_ms=1_000):
        pass
    return reader.stop


@pytest.mark.parametrize("opened", [_consumer, _producer, _transactions, _reader])
async def test_a_client_that_is_stopped_while_its_broker_is_silent_leaves_nothing_behind(
    broker: SilentBroker,
    topic: str,
    opened: Callable[[SilentBroker, str], Awaitable[Callable[[], Awaitable[None]]]],
) -> None:
    await publish(KafkaBus(broker.settings), numbered(topic, 10))
    tasks = asyncio.all_tasks()
    stop = await opened(broker, topic)

    with broker.silent():
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await stop()

        await _until_closed(tasks)


@pytest.mark.parametrize("write", ["for itself", "in a transaction"])
async def test_what_is_under_way_when_the_broker_falls_silent_is_given_up_with_its_client(
    broker: SilentBroker, topic: str, write: str
) -> None:
    tasks = asyncio.all_tasks()
    client = (
        KafkaBus(broker.settings).producer()
        if write == "for itself"
        else KafkaTransactions(broker.settings, topic)
    )
    await client.start()
    await client.publish(numbered(topic, 10))

    with broker.silent():
        writing = asyncio.create_task(client.publish(numbered(topic, 10)))
        await asyncio.wait([writing], timeout=0.5)
        writing.cancel()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await client.stop()

        await _until_closed(tasks | {writing})


async def test_a_consumer_whose_group_lets_it_wait_can_be_given_up(broker: SilentBroker, topic: str) -> None:
    async def hold_up(_: frozenset[Partition]) -> None:
        await asyncio.sleep(2 * PATIENCE_S)

    bus = KafkaBus(broker.settings)
    await publish(bus, numbered(topic, 10))
    tasks = asyncio.all_tasks()
    member, joining = (bus.consumer([topic], group=topic) for _ in range(2))
    await member.start(hold_up, keep)
    await member.fetch(max_records=1, timeout_ms=1_000)

    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await joining.start(keep, keep)

    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await member.stop()
    await _until_closed(tasks)


async def _until_closed(tasks: set[asyncio.Task[object]]) -> None:
    """Return when no other tasks run and no connection is open."""
    this = psutil.Process(os.getpid())
    async with asyncio.timeout(PATIENCE_S):
        while asyncio.all_tasks() - tasks or this.net_connections():  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.01)
