"""Health of the alert service while Kafka is silent, and while only Faust hears nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from faust.transport.consumer import ThreadDelegateConsumer

from shared.bus.record import Outgoing
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from shared.stateful.stream import StatefulStream
from tests.integration.services.news_streams import Gate, a_source, a_stream, topic_of
from tests.integration.services.service_process import publish
from tests.support.silence import SilentBroker

pytestmark = pytest.mark.usefixtures("faust_in_this_process")

PATIENCE_S = 60.0


async def test_a_record_that_waits_for_a_silent_kafka_is_no_standstill(real_kafka: str) -> None:
    gate = Gate()
    async with running(real_kafka, gate) as stream:
        await gate.reached.wait()
        await until(lambda: stream.running() and stream.stalled_s() > 0.0)

        with SilentBroker(real_kafka).silent():
            await until(lambda: not stream.running() and stream.stalled_s() == 0.0)

        gate.opened.set()
        await until(lambda: gate.applied == [0, 1, 2] and stream.running())


async def test_when_faust_alone_hears_nothing_a_restart_is_asked_for(
    real_kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    gate.opened.set()
    async with running(real_kafka, gate) as stream:
        await until(lambda: gate.applied == [0, 1, 2] and stream.stalled_s() == 0.0)

        monkeypatch.setattr(ThreadDelegateConsumer, "highwaters", never)

        await until(lambda: not stream.running() and stream.stalled_s() > 0.0)


@asynccontextmanager
async def running(bootstrap: str, gate: Gate) -> AsyncIterator[StatefulStream]:
    """Yield the service's stream with three records before a gate, its lag measured all the while."""
    kafka, stop = KafkaSettings(bootstrap=bootstrap), asyncio.Event()
    source = await a_source(kafka)
    await publish(bootstrap, [Outgoing(topic_of(source), b"key", b"value")] * 3)
    async with a_stream(kafka, source, gate) as stream, asyncio.TaskGroup() as tasks:
        tasks.create_task(stream.run(stop))
        measuring = tasks.create_task(measure(stream))
        yield stream
        stop.set()
        measuring.cancel()


async def measure(stream: StatefulStream) -> None:
    """Ask for the lag again and again."""
    while True:
        with suppress(RetryableError):
            await stream.lag()
        await asyncio.sleep(0.1)


async def until(condition: Callable[[], bool]) -> None:
    """Return when `condition` holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the broker's time is real
            await asyncio.sleep(0.05)


async def never(*_: object) -> None:
    """Answer nothing."""
    await asyncio.Event().wait()
