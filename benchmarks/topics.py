"""Fills topics, and reads complete results."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Outgoing, Record
from shared.events import CustomerMessageReceived, Event
from shared.events.headers import new_trace
from shared.settings import KafkaSettings

PARTITIONS = 4
SOURCE = "tidemill/benchmarks"


def messages(texts: Sequence[str]) -> list[CustomerMessageReceived]:
    """Return one event per text, each in a conversation of its own."""
    now = datetime.now(UTC)
    return [
        CustomerMessageReceived(
            event_id=uuid4(), occurred_at=now, conversation_id=f"conversation-{number}", text=text
        )
        for number, text in enumerate(texts)
    ]


async def fill(settings: KafkaSettings, events: Sequence[Event]) -> None:
    """Return when all events are on their topics, with the headers of real ones."""
    for topic in {event.name for event in events}:
        await KafkaTopics(settings).create(topic, partitions=PARTITIONS, config={})
    producer = KafkaBus(settings).producer()
    await producer.start()
    try:
        await producer.publish([record_of(event) for event in events])
    finally:
        await producer.stop()


def record_of(event: Event) -> Outgoing:
    """Return the event as the record of a real sender."""
    return Outgoing.of(event, source=SOURCE, trace=new_trace())


class Results:
    """Results on a topic from now on; while they arrive they are counted, not read."""

    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader

    @classmethod
    async def on(cls, settings: KafkaSettings, topic: str) -> "Results":
        """Return the results of a topic; the topic is created when it is missing."""
        await KafkaTopics(settings).create(topic, partitions=PARTITIONS, config={})
        reader = KafkaReader(settings, [topic], from_end=True)
        await reader.start()
        return cls(reader)

    async def count(self) -> int:
        """Return the number of results."""
        return await self._reader.remaining_records()

    async def read(self) -> list[Record]:
        """Return all results."""
        records: list[Record] = []
        while await self.count():
            records += await self._reader.fetch(timeout_ms=200)
        return records

    async def aclose(self) -> None:
        """Disconnect."""
        await asyncio.shield(self._reader.stop())
