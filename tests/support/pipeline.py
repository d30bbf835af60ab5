"""A whole Tidemill on real Kafka, Triton and Redis, and the books on what went in and what came out."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

import pytest

from deploy.local.paths import MODELS
from deploy.local.stack import KafkaKind, StackPlan, local_stack
from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing, Record
from shared.catalogue import DEAD_TOPICS
from shared.errors import ConfigError
from shared.events import BY_NAME, DEAD_SUFFIX, RESULTS
from shared.settings import KafkaSettings
from tests.support.parts import Parts
from tidemill.parts import ServiceParts

QUIET_S = 60.0
"""So long without any result, and what is missing counts as lost."""

_OUTPUTS = (*(event.name for event in RESULTS), *DEAD_TOPICS)


@dataclass(slots=True)
class Books:
    """Everything that came out, by topic."""

    results: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    dead: list[DeadLetter] = field(default_factory=list)

    def note(self, record: Record) -> None:
        """Enter one record."""
        if record.partition.topic.endswith(DEAD_SUFFIX):
            self.dead.append(read_dead_letter(record))
        else:
            self.results[record.partition.topic].append(record)

    def causes(self, topic: str, field_name: str = "cause_id") -> list[UUID]:
        """Return the ids of the inputs that the records of a topic answer, in the order of its partitions."""
        event = BY_NAME[topic]
        return [getattr(event.from_json(record.value or b""), field_name) for record in self.results[topic]]


class Pipeline:
    """A running Tidemill."""

    def __init__(self, kafka: KafkaSettings, parts: Parts) -> None:
        self.parts = parts
        self._kafka = kafka

    async def send(self, records: Sequence[Outgoing], *, every: int = 500, pause_s: float = 0.0) -> None:
        """Write records, `every` of them at a time with a pause between."""
        producer = KafkaBus(self._kafka).producer()
        await producer.start()
        try:
            for start in range(0, len(records), every):
                await producer.publish(records[start : start + every])
                await asyncio.sleep(pause_s)
        finally:
            await producer.stop()

    async def read(self, complete: Callable[[Books], bool]) -> Books:
        """Return what came out: all of it, or what there was when nothing moved any more."""
        books, reader = Books(), KafkaReader(self._kafka, _OUTPUTS)
        await reader.start()
        loop = asyncio.get_running_loop()
        moved_at_s = loop.time()
        try:
            while not complete(books) and loop.time() - moved_at_s < QUIET_S:
                for record in await reader.fetch(timeout_ms=200):
                    books.note(record)
                    moved_at_s = loop.time()
            for record in await reader.fetch(timeout_ms=1_000):  # whatever is too much
                books.note(record)
        finally:
            await reader.stop()
        return books


@asynccontextmanager
async def pipeline() -> AsyncIterator[Pipeline]:
    """Yield a running Tidemill; skip (in CI: fail) where it cannot run."""
    parts = Parts()
    services = ServiceParts(MODELS, MODELS / "no_intents.json")
    plan = StackPlan(kafka=KafkaKind.REAL, models=MODELS, services=services, on_event=parts.note)
    try:
        async with local_stack(plan) as stack:
            yield Pipeline(KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap), parts)
    except ConfigError as reason:
        _cannot_run(str(reason))


def _cannot_run(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
