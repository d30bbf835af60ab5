"""Follower of the result topics: tells waiting calls and subscribers what arrives, also after an outage."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

import structlog

from services.gateway.results.answers import REFUSAL_TOPICS, Answer, Refusal, Result, cause_of, refusal_of
from services.gateway.results.filters import RESULT_TOPICS
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.positions import Positions
from services.gateway.results.recent import RecentAnswers
from services.gateway.results.ring import Ring
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.port import ClientBrokenError
from shared.bus.record import Record
from shared.errors import RetryableError
from shared.settings import KafkaSettings

_TOPICS: Final = (*RESULT_TOPICS, *REFUSAL_TOPICS)
_FETCH_MS: Final = 500
_LOOK_EVERY_S: Final = 2.0
"""After so long without a record the broker is asked whether some wait: aiokafka can stall silently."""

_ANSWER_WITHIN_S: Final = 5.0

_REOPEN_PAUSE_S: Final = 1.0

OnAnswer = Callable[[UUID, Answer], Awaitable[None]]
"""Called with each answer that is changed by what arrives."""


class Follower:
    """Reads results and refusals from now on; after an outage it goes on where it was."""

    def __init__(
        self,
        kafka: KafkaSettings,
        recent: RecentAnswers,
        ring: Ring,
        *,
        on_answer: OnAnswer,
        metrics: ResultMetrics,
    ) -> None:
        self._kafka = kafka
        self._recent = recent
        self._ring = ring
        self._on_answer = on_answer
        self._metrics = metrics
        self._reader: KafkaReader | None = None
        self._is_partial = False
        self._log = structlog.get_logger()

    async def start(self) -> None:
        """Connect, if Kafka is there; what is written from then on is read."""
        try:
            self._reader = await self._opened(None)
        except RetryableError as error:
            self._log.warning("results_not_followed", why=str(error))

    def fault(self) -> str | None:
        """Return what is wrong in one line; None while results are followed."""
        return None if self._reader is not None else "not connected to Kafka: results are not followed"

    async def run(self) -> None:
        """Follow until cancelled; after an outage go on where it was."""
        positions = None if self._reader is None else self._reader.positions
        while True:
            reader = self._reader = self._reader or await self._reopened(positions)
            try:
                await self._follow(reader)
            except (RetryableError, ClientBrokenError) as error:
                self._log.warning("results_not_followed", why=str(error))
            finally:
                self._reader, positions = None, reader.positions
                await reader.stop()

    async def _reopened(self, positions: Positions | None) -> KafkaReader:
        while True:
            await asyncio.sleep(_REOPEN_PAUSE_S)
            try:
                reader = await self._opened(positions)
            except (RetryableError, ClientBrokenError):
                continue  # the log says already that they are not followed
            self._log.info("results_followed")
            return reader

    async def _opened(self, positions: Positions | None) -> KafkaReader:
        """Return a reader of the topics that there are, from these positions on; from their ends without."""
        topics: Sequence[str] = _TOPICS
        try:
            reader = await _started(self._kafka, topics, positions)
        except RetryableError:
            existing = await KafkaInspector(self._kafka).topics()
            topics = [topic for topic in _TOPICS if topic in existing]
            if not topics:
                raise
            reader = await _started(self._kafka, topics, positions)
        self._is_partial = len(topics) < len(_TOPICS)
        self._ring.begin(_results(reader.positions))
        return reader

    async def _follow(self, reader: KafkaReader) -> None:
        """Read until topics are there that the reader does not read.

        Raises RetryableError when the broker does not answer, or when records wait there and none comes.
        """
        clock = asyncio.get_running_loop().time
        look_s, stalled_count = clock() + _LOOK_EVERY_S, 0
        while not (self._is_partial and clock() > look_s and await self._there_are_more(reader)):
            if records := await reader.fetch(timeout_ms=_FETCH_MS):
                look_s, stalled_count = clock() + _LOOK_EVERY_S, 0
                await self._note(records, reader.positions)
            elif clock() > look_s:
                stalled_count = stalled_count + 1 if await _waiting(reader) else 0
                look_s = clock() + _LOOK_EVERY_S
            if stalled_count > 1:
                raise RetryableError("records wait and none came")

    async def _there_are_more(self, reader: KafkaReader) -> bool:
        existing = await KafkaInspector(self._kafka).topics()
        return bool(existing.intersection(_TOPICS) - {place.topic for place in reader.positions})

    async def _note(self, records: Sequence[Record], positions: Positions) -> None:
        self._metrics.results_followed.inc(len(records))
        results = [record for record in records if record.partition.topic in RESULT_TOPICS]
        chunk = self._ring.add(results, _results(positions))
        for event in chunk.events:
            if event_id := cause_of(event.topic, event.body):
                await self._tell(event_id, Result(event.topic, event.value))
        for record in records:
            if record.partition.topic in REFUSAL_TOPICS and (found := refusal_of(record)):
                await self._tell(*found)

    async def _tell(self, event_id: UUID, part: Result | Refusal) -> None:
        await self._on_answer(event_id, self._recent.note(event_id, part))


async def _started(kafka: KafkaSettings, topics: Sequence[str], positions: Positions | None) -> KafkaReader:
    reader = KafkaReader(kafka, topics, from_end=positions is None, positions=positions)
    await reader.start()
    return reader


async def _waiting(reader: KafkaReader) -> bool:
    """Return whether records wait on the broker. Raises RetryableError when it does not answer."""
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await reader.remaining_records() > 0
    except TimeoutError:
        raise RetryableError(f"no answer for {_ANSWER_WITHIN_S:.0f} s") from None


def _results(positions: Positions) -> Positions:
    return {partition: offset for partition, offset in positions.items() if partition.topic in RESULT_TOPICS}
