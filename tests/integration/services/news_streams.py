"""The alert service's stream on real Kafka, before a gate that lets records pass when a test wants."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from mode.threads import WorkerThread

from services.sentiment_alerts.handler import States
from shared.bus.kafka.reader import KafkaFinder
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Record
from shared.catalogue import COMPACTED
from shared.settings import KafkaSettings
from shared.stateful.apply import Store
from shared.stateful.stream import NewsSource, NewsStream, changelog_topic


class Gate:
    """Applies no record before it is opened."""

    def __init__(self) -> None:
        self.opened, self.reached = asyncio.Event(), asyncio.Event()
        self.applied: list[int] = []

    async def apply(self, record: Record, states: States, store: Store) -> None:
        """Note the record's offset, once that may be."""
        del states, store
        self.reached.set()
        await self.opened.wait()
        self.applied.append(record.offset)


@asynccontextmanager
async def a_stream(kafka: KafkaSettings, source: NewsSource, gate: Gate) -> AsyncIterator[NewsStream]:
    """Yield the service's stream, not running, before a gate."""
    finder = KafkaFinder(kafka, group=source.group)
    await finder.start()
    try:
        yield NewsStream(kafka, source, finder, gate.apply)
    finally:
        await finder.stop()
        await _end_threads()


async def a_source(kafka: KafkaSettings) -> NewsSource:
    """Return a topic of one partition, with the changelog of a group that nobody has used."""
    topic, group = f"news.{uuid4()}", f"alerts-{uuid4()}"
    await KafkaTopics(kafka).create(topic, partitions=1, config={})
    await KafkaTopics(kafka).create(changelog_topic(group), partitions=1, config=COMPACTED)
    return NewsSource(topic=topic, group=group, partitions=1)


async def _end_threads() -> None:
    """End what Faust leaves where it took too long to stop; in a service that ends with the process."""
    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread):
            await thread.service.stop()
