"""Follower of the corrections on Kafka: reads what is new whenever it is asked."""

import asyncio

from shared.bus.kafka.history import KafkaHistory
from shared.bus.record import Partition
from shared.corrections.book import Book
from shared.events import CORRECTIONS
from shared.settings import KafkaSettings


class CorrectionsFollower:
    """Keeps the newest correction of each result; connects only while it reads."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._book = Book()
        self._read_to: dict[Partition, int] = {}
        self._reading = asyncio.Lock()

    async def current(self) -> Book:
        """Return the corrections that Kafka has now. Raises RetryableError when it is away."""
        async with self._reading, KafkaHistory(self._kafka) as history:
            spans = await history.spans(event.name for event in CORRECTIONS)
            if any(self._read_to.get(each, 0) > span.stop for each, span in spans.items()):
                self._book, self._read_to = Book(), {}  # a topic was made anew
            new = {
                each: range(max(span.start, self._read_to.get(each, 0)), span.stop)
                for each, span in spans.items()
            }
            async for records in history.read(new):
                for record in records:
                    self._book.note(record)
                    self._read_to[record.partition] = record.offset + 1
        return self._book
