"""A running system to break: real Kafka, Triton and Redis, three workers, and a reader of all topics."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import uuid4

from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.producer import KafkaProducer
from shared.bus.kafka.reader import KafkaReader
from shared.bus.port import ClientBrokenError
from shared.bus.record import Outgoing, Partition, Record
from shared.catalogue import STREAMS
from shared.errors import RetryableError
from shared.events import CustomerMessageReceived
from shared.events.headers import new_trace
from shared.settings import Delivery, KafkaSettings
from tests.chaos.ledger import Books
from tests.chaos.posts import Posts
from tests.chaos.receipts import Receipts, receipts
from tests.chaos.recompute import told
from tests.chaos.system import RATE_PER_S, WORKER, System, running_system
from tests.support.parts import Parts

[INPUTS] = STREAMS["messages"].input_topics
[RESULTS] = STREAMS["messages"].output_topics
[DEAD] = STREAMS["messages"].dead_topics
GROUP = STREAMS["messages"].group
PARTITIONS = 6
_CONVERSATIONS = 60
_CHUNK_RECORDS = 20
_LONG_SENTENCES = 250
_UNLUCKY = retry_if_exception_type((RetryableError, ClientBrokenError))
_RETRY_AFTER_S = 0.2
_STOP_WITHIN_S = 10.0
_HEAL_WITHIN_S = 60.0


Page = Mapping[Partition, int]
"""Where the books were at one moment: how many records of each partition stood in them."""


class World:
    """The parts that a fault may touch."""

    def __init__(self, system: System, delivery: Delivery, parts: Parts) -> None:
        self.system = system
        self.parts = parts
        self.kafka = KafkaSettings(bootstrap=system.bootstrap)
        self.delivery = delivery
        self.random = random.Random(7)
        self._posts = Posts(system.gateway)
        self._numbers = itertools.count()
        self._records: dict[Partition, list[Record]] = {}
        self._reader = KafkaReader(self.kafka, [INPUTS, RESULTS, DEAD])

    async def start(self) -> None:
        """Make the topics, read along from their beginning, and see a first message through."""
        await KafkaBus(self.kafka).create_topics([INPUTS, RESULTS, DEAD], partitions=PARTITIONS)
        await self._reader.start()
        await self.send(self.messages(_CHUNK_RECORDS))
        await self.healed()

    async def stop(self) -> None:
        """Close the reader."""
        await self._reader.stop()

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Write records to the topic of inputs, besides those that flow."""
        async for attempt in AsyncRetrying(retry=_UNLUCKY, wait=wait_fixed(_RETRY_AFTER_S)):
            with attempt:
                async with self._producer() as producer:
                    await producer.publish(records)

    def messages(self, count: int) -> list[Outgoing]:
        """Return new messages, each like no other."""
        return [self._message() for _ in range(count)]

    def long_messages(self, count: int) -> list[Outgoing]:
        """Return new messages, each nearly as long as one may be."""
        return [self._message(sentences=_LONG_SENTENCES) for _ in range(count)]

    async def flow(self, stop: asyncio.Event) -> None:
        """Send messages until told to stop, each as often as it takes until it is acknowledged."""
        chunk = self.messages(_CHUNK_RECORDS)
        async for attempt in AsyncRetrying(retry=_UNLUCKY, wait=wait_fixed(_RETRY_AFTER_S)):
            with attempt:
                async with self._producer() as producer:
                    while not stop.is_set():
                        await producer.publish(chunk)
                        chunk = self.messages(_CHUNK_RECORDS)
                        await asyncio.sleep(_CHUNK_RECORDS / RATE_PER_S)

    async def post(self, stop: asyncio.Event) -> None:
        """Send messages over HTTP until told to stop, each as often as it takes until it is accepted."""
        await self._posts.flow(stop)

    def receipts(self, books: Books) -> Receipts:
        """Return what is wrong with the messages that were accepted over HTTP since the page was begun."""
        return receipts(self._posts.accepted, books.inputs)

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[KafkaProducer]:
        producer = KafkaBus(self.kafka).producer()
        await producer.start()
        try:
            yield producer
        finally:
            # With the broker gone, as after a fault that could not be injected, it would not end by itself.
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_WITHIN_S):
                    await producer.stop()

    def _message(self, *, sentences: int = 1) -> Outgoing:
        number, days = next(self._numbers), self.random.randrange(2, 60)
        text = f"Transfer {number} has not arrived, and I sent it {days} days ago."
        event = CustomerMessageReceived(
            event_id=uuid4(),
            occurred_at=datetime.now(UTC),
            conversation_id=f"conversation {self.random.randrange(_CONVERSATIONS)}",
            text=" ".join([text] * sentences),
        )
        return Outgoing.of(event, source="tidemill/chaos", trace=new_trace())

    async def healed(self) -> None:
        """Return when all inputs are done and committed. Raises TimeoutError after a minute."""
        inspector = KafkaInspector(self.kafka)
        async with asyncio.timeout(_HEAL_WITHIN_S):
            while any(at.lag_records for at in (await inspector.positions(GROUP, [INPUTS])).values()):  # noqa: ASYNC110 - Kafka must be asked
                await asyncio.sleep(0.2)

    async def books(self, since: Page) -> Books:
        """Return what Kafka holds since a page was begun."""
        await self._read_on()
        positions = await KafkaInspector(self.kafka).positions(GROUP, [INPUTS])
        return Books(
            inputs=list(self._of(INPUTS, since)),
            results=[told(record) for record in self._of(RESULTS, since)],
            dead=[read_dead_letter(record) for record in self._of(DEAD, since)],
            committed={
                partition: at.committed for partition, at in positions.items() if at.committed is not None
            },
        )

    async def page(self) -> Page:
        """Return where the books are now, so that the next ones can begin there."""
        self._posts.accepted.clear()
        await self._read_on()
        return {partition: len(records) for partition, records in self._records.items()}

    async def _read_on(self) -> None:
        while await self._reader.remaining_records():
            for record in await self._reader.fetch(timeout_ms=200):
                self._records.setdefault(record.partition, []).append(record)
        for records in self._records.values():
            records.sort(key=lambda record: record.offset)

    def _of(self, topic: str, since: Page) -> Iterator[Record]:
        for partition, records in sorted(self._records.items(), key=lambda item: item[0]):
            if partition.topic == topic:
                yield from records[since.get(partition, 0) :]


@asynccontextmanager
async def running_world(delivery: Delivery, *, nodes: int = 1, worker: str = WORKER) -> AsyncIterator[World]:
    """Start a system that delivers in this way, with workers of this module; end it afterwards."""
    parts = Parts()
    async with running_system(delivery, nodes=nodes, worker=worker, on_event=parts.note) as system:
        world = World(system, delivery, parts)
        await world.start()
        try:
            yield world
        finally:
            await asyncio.shield(world.stop())
