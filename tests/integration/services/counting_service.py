"""The counting service on a real Kafka, in this process, on topics that nobody else uses."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Outgoing
from shared.catalogue import Service, Table
from shared.process.stateful import serve_stateful
from shared.settings import HttpSettings, KafkaSettings
from shared.stateful.settings import StatefulSettings
from shared.stateful.whole import WholeTable
from tests.integration.services.service_process import publish
from tests.support.counting import Counted, Counting, Noted, Traded

PATIENCE_S = 60.0
NotedT = TypeVar("NotedT", bound=Noted)


def on_topic(event_type: type[NotedT], topic: str) -> type[NotedT]:
    """Return the event on another topic."""
    return type(event_type.__name__, (event_type,), {"name": topic})


class CountingService:
    """Reads two topics into one table."""

    def __init__(self, bootstrap: str) -> None:
        run = uuid4().hex
        self.notes, self.trades = (on_topic(each, f"{each.name}.{run}") for each in (Noted, Traded))
        self.kafka = KafkaSettings(bootstrap=bootstrap)
        self.entry = Service(
            name=f"counting-{run}",
            module="tests.counting",
            inputs=(self.notes, self.trades),
            outputs=(Counted,),
            table=Table("counts"),
        )
        self._run = run

    @property
    def changelog(self) -> str:
        """Return the topic of the table."""
        return self.entry.changelog or ""

    async def create(self, *, partitions: int = 1, trades: int | None = None) -> None:
        """Create the input topics."""
        topics = KafkaTopics(self.kafka)
        await topics.create(self.notes.name, partitions=partitions, config={})
        await topics.create(self.trades.name, partitions=trades or partitions, config={})

    async def write(self, *events: Noted) -> None:
        """Write events about companies of this run's own."""
        own = [event.model_copy(update={"company": self.company(event.company)}) for event in events]
        await publish(self.kafka.bootstrap, [Outgoing(each.name, each.key, each.to_json()) for each in own])

    def company(self, name: str) -> str:
        """Return the name of a company in this run."""
        return f"{name} {self._run}"

    async def serve(self, stop: asyncio.Event, *, whole: Sequence[WholeTable[Any]] = ()) -> None:
        """Run until `stop` is set."""
        settings = StatefulSettings(kafka=self.kafka, http=HttpSettings(port=0))
        await serve_stateful(settings, self.entry, Counting(), stop, whole=whole)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it beside a test, then stop it."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.serve(stop))
            yield
            stop.set()

    async def counted(self, count: int) -> list[tuple[str, int]]:
        """Return the first `count` results of this run: company and number."""
        return [(event.company.split()[0], event.count) for event in await self.results(count)]

    async def results(self, count: int) -> list[Counted]:
        """Return the first `count` results of this run."""
        await KafkaTopics(self.kafka).partition_count(Counted.name)
        reader = KafkaReader(self.kafka, [Counted.name])
        await reader.start()
        found: list[Counted] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(found) < count:
                    events = [
                        Counted.from_json(each.value or b"") for each in await reader.fetch(timeout_ms=200)
                    ]
                    found += [event for event in events if event.company.endswith(self._run)]
        finally:
            await reader.stop()
        return found

    async def grow(self, topic: str, partitions: int) -> None:
        """Give a topic more partitions."""
        async with self._admin() as admin:
            await admin.create_partitions({topic: NewPartitions(partitions)})

    async def delete(self, topic: str) -> None:
        """Delete a topic, and return once it is gone."""
        async with self._admin() as admin:
            await admin.delete_topics([topic])
            async with asyncio.timeout(PATIENCE_S):
                while topic in await admin.list_topics():  # noqa: ASYNC110 - the broker must be asked
                    await asyncio.sleep(0.1)

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
