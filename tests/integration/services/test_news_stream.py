"""The alert service's stream on real Kafka: what it reads again, and what it does not."""

import asyncio
import threading
from random import randbytes

import pytest
from mode.threads import WorkerThread
from structlog.testing import capture_logs

from shared.bus.port import LostRecordsError
from shared.bus.record import Outgoing, Partition
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from shared.stateful.stream import StatefulStream
from tests.integration.services.news_streams import Gate, a_source, a_stream, topic_of
from tests.integration.services.service_process import publish
from tests.support.buses import delete_before

pytestmark = pytest.mark.usefixtures("faust_in_this_process")

LONGER_THAN_A_SKIP_S = 4.0
MORE_THAN_FAUST_HOLDS = 8_000


async def test_a_record_that_takes_long_is_not_taken_for_a_skipped_one(real_kafka: str) -> None:
    kafka, gate, stop = KafkaSettings(bootstrap=real_kafka), Gate(), asyncio.Event()
    source = await a_source(kafka)
    await publish(real_kafka, [Outgoing(topic_of(source), b"key", b"value")] * 3)

    with capture_logs() as logs:
        async with a_stream(kafka, source, gate) as stream, asyncio.TaskGroup() as tasks:
            tasks.create_task(stream.run(stop))
            await until_stalled(stream)
            gate.opened.set()
            await until_caught_up(stream)
            stop.set()

    assert gate.applied == [0, 1, 2]
    assert "records_skipped" not in {line["event"] for line in logs}


async def test_a_thread_of_faust_that_does_not_stop_keeps_no_process_alive(real_kafka: str) -> None:
    kafka, gate, stop = KafkaSettings(bootstrap=real_kafka), Gate(), asyncio.Event()

    async with a_stream(kafka, await a_source(kafka), gate) as stream, asyncio.TaskGroup() as tasks:
        tasks.create_task(stream.run(stop))
        await until_caught_up(stream)
        threads = [each.daemon for each in threading.enumerate() if isinstance(each, WorkerThread)]
        stop.set()

    assert threads == [True]


async def test_news_deleted_while_the_service_is_behind_stop_it(real_kafka: str) -> None:
    kafka, gate = KafkaSettings(bootstrap=real_kafka), Gate()
    source = await a_source(kafka)
    values = [randbytes(1024) for _ in range(MORE_THAN_FAUST_HOLDS)]
    await publish(real_kafka, [Outgoing(topic_of(source), b"key", value) for value in values])

    async with a_stream(kafka, source, gate) as stream:
        running = asyncio.create_task(stream.run(asyncio.Event()))
        await gate.reached.wait()
        await delete_before(real_kafka, Partition(topic_of(source), 0), MORE_THAN_FAUST_HOLDS - 1)
        gate.opened.set()
        with pytest.raises(LostRecordsError, match=f"to {MORE_THAN_FAUST_HOLDS - 2} were deleted"):
            await running

    assert gate.applied == list(range(len(gate.applied)))


async def until_stalled(stream: StatefulStream) -> None:
    """Return when a record has taken long, its lag measured all the while."""
    async with asyncio.timeout(30.0):
        while stream.stalled_s() < LONGER_THAN_A_SKIP_S:
            await waiting_records(stream)


async def until_caught_up(stream: StatefulStream) -> None:
    """Return when no record waits."""
    async with asyncio.timeout(30.0):
        while await waiting_records(stream) != 0:
            pass


async def waiting_records(stream: StatefulStream) -> int | None:
    """Return how many records wait, after a moment; None where nobody knows."""
    await asyncio.sleep(0.1)
    try:
        lag = await stream.lag()
    except RetryableError:
        return None
    return sum(lag.values()) if lag else None
