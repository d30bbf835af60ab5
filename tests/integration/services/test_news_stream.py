"""The alert service's stream on real Kafka: what it reads again, and what it does not."""

import asyncio
import threading
from random import randbytes
from typing import Any

import faust
import pytest
from faust.types import TP
from mode.threads import WorkerThread
from structlog.testing import capture_logs

from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.port import LostRecordsError
from shared.bus.record import Outgoing, Partition
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from shared.stateful.faust_app import faust_app
from shared.stateful.source import Source
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


async def test_records_that_faust_passed_over_are_read_and_committed_to_the_end(
    real_kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka, gate, stop, apps = KafkaSettings(bootstrap=real_kafka), Gate(), asyncio.Event(), list[faust.App]()
    source = await a_source(kafka)
    gate.opened.set()

    def noted(*args: Any, **options: Any) -> faust.App:
        apps.append(faust_app(*args, **options))
        return apps[-1]

    monkeypatch.setattr("shared.stateful.stream.faust_app", noted)
    await publish(real_kafka, [Outgoing(topic_of(source), b"key", b"value")] * 100)
    async with a_stream(kafka, source, gate) as stream, asyncio.TaskGroup() as tasks:
        tasks.create_task(stream.run(stop))
        await until_caught_up(stream)
        place = TP(topic_of(source), 0)
        apps[0].consumer.pause_partitions({place})
        await publish(real_kafka, [Outgoing(topic_of(source), b"key", b"value")] * 200)
        await apps[0].consumer.seek_wait({place: 200})
        apps[0].consumer.resume_partitions({place})
        await until_caught_up(stream)
        await until_committed(kafka, source, 300)
        stop.set()

    assert gate.applied == list(range(300))


async def until_committed(kafka: KafkaSettings, source: Source, offset: int) -> None:
    """Return when the group has committed that it goes on at this offset."""
    inspector = KafkaInspector(kafka)
    async with asyncio.timeout(30.0):
        committed = None
        while committed != offset:
            await asyncio.sleep(0.2)
            positions = await inspector.positions(source.group, source.inputs)
            committed = positions[Partition(topic_of(source), 0)].committed


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
