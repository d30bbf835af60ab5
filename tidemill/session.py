"""A run of the embedded stack: starts it, plays records, and enters every record into the ledger."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from deploy.local.part import PartEvent
from deploy.local.stack import Addresses, KafkaKind, StackPlan, local_stack
from shared.accounts.gauges import read_gauges
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.progress import caught_up
from shared.bus.kafka.reader import KafkaReader
from shared.catalogue import BULK_MODELS, DASHBOARD, DEAD_TOPICS, GATEWAY
from shared.events import BY_NAME, Event
from shared.settings import KafkaSettings
from tidemill.connect import Connection
from tidemill.display import Display
from tidemill.parts import FETCH_WAIT_MS, Doors, ServiceParts
from tidemill.player import outgoing, play
from tidemill.running import Publish
from tidemill.samples import Sample
from tidemill.view import View

SETTLE_EVERY_S = 0.25
GAUGES_EVERY_S = 1.0
CHUNK_EVENTS = 100
OPEN_COUNT = 500
"""Most inputs without a result at a time, as the in-memory broker drops its oldest records."""


@dataclass(slots=True)
class Session:
    """A running stack and its view, which one reader of all topics keeps up to date."""

    view: View
    display: Display
    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    services: dict[str, str] = field(default_factory=dict)

    def say(self, what: str) -> None:
        """Show the current activity of the setup."""
        self.view.playing = what

    def note_part(self, part: PartEvent) -> None:
        """Show the new state of a part."""
        self.view.parts[part.part] = part
        self.display.show_part(part)

    async def play(self, streams: Sequence[Sequence[Sample]], *, over_s: float) -> int:
        """Send all streams side by side in about `over_s` seconds; return the number of records."""
        producer = KafkaBus(self.kafka).producer()
        await producer.start()
        try:
            played = [
                play((make() for make in each), producer, rate=len(each) / over_s) for each in streams if each
            ]
            return sum(await asyncio.gather(*played))
        finally:
            await producer.stop()

    async def play_steadily(self, events: Sequence[Event], *, patience_s: float) -> bool:
        """Send events as fast as they are answered, with at most `OPEN_COUNT` unanswered.

        Return False when no answer came for `patience_s`.
        """
        done_before = self.view.ledger.done_count
        producer = KafkaBus(self.kafka).producer()
        await producer.start()
        try:
            for end in range(CHUNK_EVENTS, len(events) + CHUNK_EVENTS, CHUNK_EVENTS):
                await producer.publish([outgoing(event) for event in events[end - CHUNK_EVENTS : end]])
                enough = partial(self._done, done_before + end - OPEN_COUNT)
                if not await self._until(enough, every_s=0.01, patience_s=patience_s):
                    return False
            return True
        finally:
            await producer.stop()

    async def follow(self) -> None:
        """Enter all records of our topics into the ledger, until cancelled."""
        async with _reading(self.kafka) as reader:
            while True:
                for record in await reader.fetch(timeout_ms=200):
                    if (event := self.view.ledger.note(record)) is not None:
                        self.view.note(event)
                        self.display.show_event(event)

    async def measure(self) -> None:
        """Read the gauges of the services every second, until cancelled."""
        while True:
            self.view.gauges = await read_gauges(self.services)
            await asyncio.sleep(GAUGES_EVERY_S)

    async def settled(self, *, sent_count: int, patience_s: float) -> bool:
        """Return True once every input has a result or a dead letter and no group has lag.

        Return False when nothing has changed for `patience_s`.
        """

        async def reached() -> bool:
            ledger = self.view.ledger
            arrived_count = ledger.sent_count + ledger.counts["sent_again"]
            return arrived_count >= sent_count and ledger.open_count == 0 and await caught_up(self.kafka)

        return await self._until(reached, every_s=SETTLE_EVERY_S, patience_s=patience_s)

    async def _until(
        self, reached: Callable[[], Awaitable[bool]], *, every_s: float, patience_s: float
    ) -> bool:
        """Return True once `reached` says so, False when the ledger has not changed for `patience_s`."""
        clock = asyncio.get_running_loop().time
        seen, moved_at_s = None, clock()
        while clock() - moved_at_s < patience_s:
            if await reached():
                return True
            if (now := self.view.ledger.counts.total() + self.view.ledger.done_count) != seen:
                seen, moved_at_s = now, clock()
            await asyncio.sleep(every_s)
        return False

    async def _done(self, count: int) -> bool:
        return self.view.ledger.done_count >= count


@asynccontextmanager
async def session(
    view: View, display: Display, *, kafka: KafkaKind, publish: Publish, doors: Doors | None = None
) -> AsyncIterator[Session]:
    """Start stack and services, yield once all are ready, and end them on the way out.

    Gateway and dashboard listen at `doors`, free ports by default.

    Raises ConfigError when something can't run here, PartLostError when a part can't be kept alive.
    """
    connection = Connection.from_environment()
    models, intents = connection.models_dir.resolve(), connection.intents_file.resolve()
    running, services = Session(view, display), ServiceParts(models, intents, doors=doors, kafka=kafka)
    plan = StackPlan(
        kafka=kafka,
        models=models,
        bulk=BULK_MODELS,
        services=services,
        on_event=running.note_part,
        say=running.say,
    )
    with display:
        async with _beside(display.refresh()), local_stack(plan) as stack:
            running.kafka = KafkaSettings(
                bootstrap=stack.addresses.kafka_bootstrap, fetch_wait_ms=FETCH_WAIT_MS
            )
            running.services = services.urls
            view.broker = stack.addresses.kafka_bootstrap
            view.gateway, view.dashboard = services.door(GATEWAY.name), services.door(DASHBOARD.name)
            view.ready = True
            with publish(_addresses(stack.addresses, services, connection, kafka)):
                async with _beside(running.follow(), running.measure()):
                    yield running


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless tasks beside the body. When a task or the body fails, all end with its error alone."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _addresses(
    stack: Addresses, services: ServiceParts, connection: Connection, kafka: KafkaKind
) -> Mapping[str, Any]:
    """Return the addresses of a stack, in the shape of `Connection`."""
    return {
        "kafka": {"bootstrap": stack.kafka_bootstrap, "fetch_wait_ms": FETCH_WAIT_MS},
        "triton": {"address": stack.triton_grpc},
        "redis": {"url": stack.redis_url},
        "services": services.urls,
        "gateway_url": services.door(GATEWAY.name),
        "dashboard_url": services.door(DASHBOARD.name),
        "models_dir": str(connection.models_dir.resolve()),
        "intents_file": str(connection.intents_file.resolve()),
        "memory_bootstrap": stack.kafka_bootstrap if kafka is KafkaKind.MEMORY else "",
    }


@asynccontextmanager
async def _reading(kafka: KafkaSettings) -> AsyncIterator[KafkaReader]:
    reader = KafkaReader(kafka, [*BY_NAME, *DEAD_TOPICS])
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()
