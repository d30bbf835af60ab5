"""Stream of a stateful service on real Kafka, before a gate that lets records pass when a test wants."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from mode.threads import WorkerThread

from shared.bus.kafka.finder import KafkaFinder
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Partition, Record
from shared.catalogue import Table
from shared.events import NewsArticleAnalyzed
from shared.settings import KafkaSettings
from shared.stateful.source import Source
from shared.stateful.state import Applied
from shared.stateful.stream import StatefulStream


class Gate:
    """Applies no record before it is opened."""

    def __init__(self) -> None:
        self.opened, self.reached = asyncio.Event(), asyncio.Event()
        self.applied: list[int] = []

    def recovered(self, partitions: frozenset[int]) -> dict[Partition, Applied]:
        """Return nothing: its table is empty."""
        del partitions
        return {}

    async def apply(self, records: Sequence[Record]) -> None:
        """Note the offsets of the records, once that may be."""
        self.reached.set()
        await self.opened.wait()
        self.applied += [record.offset for record in records]

    async def pass_clock(self) -> None:
        """Do nothing."""


@asynccontextmanager
async def a_stream(kafka: KafkaSettings, source: Source, gate: Gate) -> AsyncIterator[StatefulStream]:
    """Yield the service's stream, not running, before a gate."""
    finder = KafkaFinder(kafka, group=source.group)
    await finder.start()
    try:
        yield StatefulStream(kafka, source, finder, lambda _: gate)
    finally:
        await finder.stop()
        await _end_threads()


async def a_source(kafka: KafkaSettings) -> Source:
    """Return a topic of one partition, with the changelog of a group that nobody has used."""
    topic, group = f"news.{uuid4()}", f"alerts-{uuid4()}"
    source = Source(inputs={topic: NewsArticleAnalyzed}, group=group, table=Table("companies"), partitions=1)
    await KafkaTopics(kafka).create(topic, partitions=1, config={})
    await KafkaTopics(kafka).create(source.changelog, partitions=1, config=source.table.topic_config)
    return source


def topic_of(source: Source) -> str:
    """Return its only topic."""
    [topic] = source.inputs
    return topic


async def _end_threads() -> None:
    """End what Faust leaves where it took too long to stop; in a service that ends with the process."""
    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread):
            await thread.service.stop()
