"""The whole loop on real Kafka: members come, go and die, the broker too, and nothing is lost."""

import asyncio
import os
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.bus.stream import Stream
from shared.settings import Delivery, KafkaSettings
from tests.support.echo import Echo, echo_source
from tests.support.said import Said, record_of, said, said_on, text_of
from tests.support.stack import stack_process

COUNT = 2_000
PATIENCE_S = 60.0
EITHER_WAY = pytest.mark.parametrize("delivery", ["at-least-once", "exactly-once"])
LIMITS = StreamLimits(commit_interval_s=0.1, max_in_flight_records=64)


class SlowEcho(Echo):
    """Answers each event with itself, after a moment."""

    def __init__(self, results: str) -> None:
        super().__init__(results)
        self.count = 0

    async def handle(self, received: Sequence[Received[Said]]) -> Sequence[Outcome]:
        """Return one outcome for each event."""
        await asyncio.sleep(0.02)
        self.count += len(received)
        return await super().handle(received)


class Mill:
    """A topic of numbers and the topic of their echoes on one broker."""

    def __init__(self, bootstrap: str, delivery: Delivery = "at-least-once") -> None:
        self._settings = KafkaSettings(bootstrap=bootstrap, session_timeout_ms=6_000, delivery=delivery)
        self._topic = f"mill.{uuid.uuid4()}"
        self._results = f"{self._topic}.out"

    async def fill(self) -> None:
        """Write the numbers, in turn to twenty keys."""
        producer = KafkaBus(self._settings).producer()
        await producer.start()
        try:
            await producer.publish(
                [
                    record_of(said(str(number), speaker=f"key-{number % 20}", on=said_on(self._topic)))
                    for number in range(COUNT)
                ]
            )
        finally:
            await producer.stop()

    @asynccontextmanager
    async def member(self, echo: SlowEcho) -> AsyncIterator[asyncio.Task[None]]:
        """Yield a running stream, and let it finish cleanly unless it was cancelled."""
        source = echo_source(self._topic, group=self._topic)
        metrics = StreamMetrics(CollectorRegistry())
        stream = Stream(KafkaBus(self._settings), source, echo, limits=LIMITS, metrics=metrics)
        stop = asyncio.Event()
        task = asyncio.create_task(stream.run(stop))
        try:
            yield task
        finally:
            stop.set()
            await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    def echo(self) -> SlowEcho:
        """Return a handler for this mill."""
        return SlowEcho(self._results)

    async def echoes(self) -> Counter[int]:
        """Return how often each number was echoed, once all are there or nothing moves any more."""
        found: Counter[int] = Counter()
        reader = KafkaReader(self._settings, [self._results])
        await reader.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(found) < COUNT:
                    found.update(int(text_of(record)) for record in await reader.fetch(timeout_ms=200))
            found.update(int(text_of(record)) for record in await reader.fetch(timeout_ms=500))
        finally:
            await reader.stop()
        return found


async def until_handled(echo: SlowEcho, count: int) -> None:
    """Return when a handler has seen `count` records."""
    async with asyncio.timeout(PATIENCE_S):
        while echo.count < count:  # noqa: ASYNC110 - the broker's time is real
            await asyncio.sleep(0.01)


@EITHER_WAY
async def test_members_that_come_and_go_repeat_nothing_and_lose_nothing(
    real_kafka: str, delivery: Delivery
) -> None:
    mill = Mill(real_kafka, delivery)
    await mill.fill()
    first, second = mill.echo(), mill.echo()

    async with mill.member(second):
        async with mill.member(first):
            await until_handled(first, 100)
        echoes = await mill.echoes()

    assert set(echoes) == set(range(COUNT))
    assert set(echoes.values()) == {1}


@EITHER_WAY
async def test_a_member_that_dies_loses_nothing(real_kafka: str, delivery: Delivery) -> None:
    mill = Mill(real_kafka, delivery)
    await mill.fill()
    first = mill.echo()
    async with mill.member(first) as task:
        await until_handled(first, 300)
        task.cancel()

    async with mill.member(mill.echo()):
        echoes = await mill.echoes()

    assert set(echoes) == set(range(COUNT))
    repeated = sum(echoes.values()) - COUNT
    assert repeated <= (0 if delivery == "exactly-once" else first.count)


@pytest.mark.timeout(180)
@EITHER_WAY
async def test_a_broker_that_dies_and_comes_back_loses_nothing(delivery: Delivery) -> None:
    with stack_process("--kafka", "real", "--no-triton", "--no-redis") as stack:
        started = stack.wait_for(within_s=60.0, part="kafka", state="ready")
        mill = Mill(stack.addresses().kafka_bootstrap, delivery)
        await mill.fill()
        echo = mill.echo()
        async with mill.member(echo):
            await until_handled(echo, 300)
            os.kill(started["pid"], signal.SIGKILL)
            await asyncio.to_thread(stack.wait_for, within_s=60.0, part="kafka", state="ready")
            echoes = await mill.echoes()

    assert set(echoes) == set(range(COUNT))
    if delivery == "exactly-once":
        assert set(echoes.values()) == {1}
