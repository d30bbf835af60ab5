"""Live customers: independent senders, and the time that each waits for its result."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import uuid4

from benchmarks.open_loop import independent, offer
from benchmarks.topics import PARTITIONS, Results, record_of
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Record
from shared.errors import ConfigError
from shared.events import CustomerMessageAnalyzed, CustomerMessageReceived
from shared.settings import KafkaSettings

PATIENCE_S = 60.0
"""Longest wait for the last result."""

_TIME_OF_BROKER = {"message.timestamp.type": "LogAppendTime"}


class Live:
    """Sends messages, all different, and waits for their results."""

    def __init__(self, producer: Producer, results: Results, texts: Sequence[str]) -> None:
        self._producer = producer
        self._results = results
        self._texts = itertools.cycle(texts)
        self._count = 0

    @classmethod
    @asynccontextmanager
    async def on(cls, kafka: KafkaSettings, texts: Sequence[str]) -> AsyncIterator["Live"]:
        """Connect. The results' timestamps are the broker's."""
        for topic, config in ((CustomerMessageReceived, {}), (CustomerMessageAnalyzed, _TIME_OF_BROKER)):
            await KafkaTopics(kafka).create(topic.name, partitions=PARTITIONS, config=config)
        producer = KafkaBus(kafka).producer()
        await producer.start()
        try:
            results = await Results.on(kafka, CustomerMessageAnalyzed.name)
            try:
                yield cls(producer, results, texts)
            finally:
                await results.aclose()
        finally:
            await producer.stop()

    async def waits_ms(self, *, per_s: float, lasting_s: float) -> list[float]:
        """Return each customer's wait, ascending: from the time the message was due to its result.

        Raises ConfigError when a result is missing.
        """
        moments = independent(per_s, lasting_s=lasting_s, seed=self._count)
        sent_count = await offer(self._producer, self._message, moments)
        records: list[Record] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(records) < sent_count:
                    records += await self._results.read()
        except TimeoutError:
            raise ConfigError(f"only {len(records)} of {sent_count} live messages were answered") from None
        return sorted(_wait_ms(record) for record in records)

    def _message(self, at: datetime) -> Outgoing:
        self._count += 1
        return record_of(
            CustomerMessageReceived(
                event_id=uuid4(),
                occurred_at=at,
                conversation_id=f"conversation-{self._count}",
                text=f"{next(self._texts)} {self._count}",
            )
        )


def _wait_ms(record: Record) -> float:
    due_at = CustomerMessageAnalyzed.model_validate_json(record.value or b"").occurred_at
    return record.timestamp_ms - due_at.timestamp() * 1000


def percentile(ascending: Sequence[float], percent: float) -> float:
    """Return the smallest value that this many percent of the values do not exceed."""
    return ascending[max(0, math.ceil(percent / 100 * len(ascending)) - 1)]
