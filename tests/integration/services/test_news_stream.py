"""The alert service's stream on real Kafka: what it reads again, and what it does not."""

import asyncio
from uuid import uuid4

from structlog.testing import capture_logs

from services.sentiment_alerts.apply import Store
from services.sentiment_alerts.handler import States
from services.sentiment_alerts.stream import NewsSource, NewsStream, changelog_topic
from shared.bus.kafka_reader import KafkaFinder
from shared.bus.kafka_topics import COMPACTED, KafkaTopics
from shared.bus.record import Outgoing, Record
from shared.errors import RetryableError
from shared.settings import KafkaSettings
from tests.integration.services.service_process import publish

LONGER_THAN_A_SKIP_S = 4.0


async def test_a_record_that_takes_long_is_not_taken_for_a_skipped_one(real_kafka: str) -> None:
    kafka, done, applied = KafkaSettings(bootstrap=real_kafka), asyncio.Event(), list[int]()
    source = await a_source(kafka)
    await publish(real_kafka, [Outgoing(source.topic, b"key", b"%d" % number) for number in range(3)])

    async def apply(record: Record, states: States, store: Store) -> None:
        del states, store
        await done.wait()
        applied.append(record.offset)

    finder, stop = KafkaFinder(kafka, group=source.group), asyncio.Event()
    await finder.start()
    stream = NewsStream(kafka, source, finder, apply)
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stream.run(stop))
            await until_stalled(stream)
            done.set()
            await until_caught_up(stream)
            stop.set()
    await finder.stop()

    assert applied == [0, 1, 2]
    assert "records_skipped" not in {line["event"] for line in logs}


async def a_source(kafka: KafkaSettings) -> NewsSource:
    """Return a topic of one partition, with the changelog of a group that nobody has used."""
    topic, group = f"news.{uuid4()}", f"alerts-{uuid4()}"
    await KafkaTopics(kafka).create(topic, partitions=1, config={})
    await KafkaTopics(kafka).create(changelog_topic(group), partitions=1, config=COMPACTED)
    return NewsSource(topic=topic, group=group, partitions=1)


async def until_stalled(stream: NewsStream) -> None:
    """Return when a record has taken long, its lag measured all the while."""
    async with asyncio.timeout(30.0):
        while stream.stalled_s() < LONGER_THAN_A_SKIP_S:
            await waiting_records(stream)


async def until_caught_up(stream: NewsStream) -> None:
    """Return when no record waits."""
    async with asyncio.timeout(30.0):
        while await waiting_records(stream) != 0:
            pass


async def waiting_records(stream: NewsStream) -> int | None:
    """Return how many records wait, after a moment; None where nobody knows."""
    await asyncio.sleep(0.1)
    try:
        lag = await stream.lag()
    except RetryableError:
        return None
    return sum(lag.values()) if lag else None
