"""Feed: reads all topics without a group, and enters their records into the state.

While Kafka is away the state stays as it was, and says since when. Afterwards the last records are read
again, as the log may be another one.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from services.dashboard.state.state import State
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Record
from shared.catalogue import DASHBOARD, DEAD_TOPICS
from shared.corrections.follower import CorrectionsFollower
from shared.errors import RetryableError
from shared.settings import KafkaSettings

_FETCH_MS = 500
_ASK_FOR_TOPICS_EVERY_S = 5.0
_ANSWERS_WITHIN_S = 3.0
_TRY_AGAIN_S = 1.0
_LOADED_WITHIN_S = 5.0
"""Under a steady load no fetch comes back empty: after this time pages show what there is."""

_CHUNK = 200
_WANTED = frozenset({*(event.name for event in DASHBOARD.watches), *DEAD_TOPICS})

log = structlog.get_logger()


class Feed:
    """Reader of all topics."""

    def __init__(
        self, kafka: KafkaSettings, state: State, *, rewind_count: int, clock: Callable[[], datetime]
    ) -> None:
        self._kafka = kafka
        self._state = state
        self._corrections = CorrectionsFollower(kafka)
        self._rewind_count = rewind_count
        self._clock = clock

    async def run(self) -> None:
        """Read until cancelled; begin anew whenever Kafka was away."""
        while True:
            try:
                await self._read()
            except (RetryableError, TimeoutError) as error:
                self._note_away(str(error) or "no answer in time")
                await asyncio.sleep(_TRY_AGAIN_S)

    def _note_away(self, why: str) -> None:
        if self._state.kafka_away_since is None:
            log.warning("broker_away", why=why)
        self._state.kafka_left(self._clock())

    async def _read(self) -> None:
        """Read until Kafka does not answer, or has a topic that it did not have."""
        topics = await self._topics()
        reader = KafkaReader(self._kafka, sorted(topics))
        await reader.start()
        try:
            await reader.rewind(self._rewind_count)
            self._state.begin_anew()
            # All of them, however old: what somebody has corrected is never asked again.
            for each in (await self._corrections.current()).all():
                self._state.results.corrections.add(each)
            log.info("topics_read", topics=len(topics))
            await self._follow(reader, missing=_WANTED - topics)
        finally:
            await reader.stop()

    async def _topics(self) -> frozenset[str]:
        """Return the topics that exist. Raises RetryableError when there is none, or no Kafka."""
        if topics := await KafkaInspector(self._kafka).topics() & _WANTED:
            return topics
        self._state.caught_up()
        raise RetryableError("Kafka has none of the topics yet")

    async def _follow(self, reader: KafkaReader, *, missing: frozenset[str]) -> None:
        clock = asyncio.get_running_loop().time
        began_s = asked_s = clock()
        while True:
            records = await reader.fetch(timeout_ms=_FETCH_MS)
            await self._note(records)
            if not records:
                async with asyncio.timeout(_ANSWERS_WITHIN_S):
                    await reader.remaining_records()
            if not records or clock() - began_s > _LOADED_WITHIN_S:
                self._state.caught_up()
            if missing and clock() - asked_s > _ASK_FOR_TOPICS_EVERY_S:
                asked_s = clock()
                if missing & await KafkaInspector(self._kafka).topics():
                    return

    async def _note(self, records: Sequence[Record]) -> None:
        for begin in range(0, len(records), _CHUNK):
            for record in records[begin : begin + _CHUNK]:
                self._state.note(record)
            await asyncio.sleep(0)  # pages are sent meanwhile
