"""A running system to break: real Kafka, Triton and Redis, three workers, and a reader of all topics."""

import asyncio
import itertools
import random
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psutil

from deploy.local.part import Part, PartEvent, PartState
from deploy.local.paths import MODELS
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.stack import Addresses, KafkaKind, StackPlan, local_stack
from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_reader import KafkaInspector, KafkaReader
from shared.bus.record import Outgoing, Partition, Record
from shared.events import DEAD_SUFFIX, CustomerMessageAnalyzed, CustomerMessageReceived
from shared.events.headers import headers_for, new_trace
from shared.settings import Delivery, KafkaSettings
from tests.chaos.ledger import Books
from tests.chaos.recompute import told
from tidemill.services import Question

INPUTS = CustomerMessageReceived.name
RESULTS = CustomerMessageAnalyzed.name
DEAD = INPUTS + DEAD_SUFFIX
GROUP = "tidemill-inference-messages"
WORKER = "benchmarks.identity_worker"
WORKERS = ("worker-1", "worker-2", "worker-3")
RATE_PER_S = 200.0
"""Messages that flow while something breaks."""

IN_FLIGHT_RECORDS = 128
COMMIT_INTERVAL_S = 0.25
UNCOMMITTED_RECORDS = IN_FLIGHT_RECORDS + int(RATE_PER_S * COMMIT_INTERVAL_S)
"""Of a worker, at most: those in its hands, and those published since its last commit."""

SESSION_TIMEOUT_MS = 6_000
PARTITIONS = 6
_CONVERSATIONS = 60
_CHUNK_RECORDS = 20
_HEAL_WITHIN_S = 60.0


Page = Mapping[Partition, int]
"""Where the books were at one moment: how many records of each partition stood in them."""


class World:
    """What a fault may touch."""

    def __init__(self, kafka: KafkaSettings, delivery: Delivery, seen: list[PartEvent]) -> None:
        self.kafka = kafka
        self.delivery = delivery
        self.random = random.Random(7)
        self._seen = seen
        self._numbers = itertools.count()
        self._records: dict[Partition, list[Record]] = {}
        self._reader = KafkaReader(kafka, [INPUTS, RESULTS, DEAD])

    async def start(self) -> None:
        """Make the topics and read along from their beginning."""
        await KafkaBus(self.kafka).create_topics([INPUTS, RESULTS, DEAD], partitions=PARTITIONS)
        await self._reader.start()

    async def stop(self) -> None:
        """Close the reader."""
        await self._reader.stop()

    def process(self, part: str) -> psutil.Process:
        """Return the process that a part is now."""
        pid = next(each.pid for each in reversed(self._seen) if each.part == part and each.pid)
        return psutil.Process(pid)

    def mark(self) -> int:
        """Return a point in the history of the parts, for `back`."""
        return len(self._seen)

    async def back(self, part: str, *, since: int) -> None:
        """Return when a part is ready again. Raises TimeoutError after a minute."""
        async with asyncio.timeout(_HEAL_WITHIN_S):
            while not any(each.part == part and each.state is PartState.READY for each in self._seen[since:]):  # noqa: ASYNC110 - the list is filled by a callback
                await asyncio.sleep(0.05)

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Write records to the topic of inputs, besides those that flow."""
        producer = KafkaBus(self.kafka).producer()
        await producer.start()
        try:
            await producer.publish(records)
        finally:
            await producer.stop()

    def messages(self, count: int) -> list[Outgoing]:
        """Return new messages, each like no other."""
        return [self._message() for _ in range(count)]

    async def flow(self, stop: asyncio.Event) -> None:
        """Send messages until told to stop, also while the broker is away."""
        producer = KafkaBus(self.kafka).producer()
        await producer.start()
        try:
            while not stop.is_set():
                await producer.publish(self.messages(_CHUNK_RECORDS))
                await asyncio.sleep(_CHUNK_RECORDS / RATE_PER_S)
        finally:
            await producer.stop()

    def _message(self) -> Outgoing:
        number = next(self._numbers)
        event = CustomerMessageReceived(
            event_id=uuid4(),
            occurred_at=datetime.now(UTC),
            conversation_id=f"conversation {self.random.randrange(_CONVERSATIONS)}",
            text=f"Transfer {number} has not arrived, and I sent it {self.random.randrange(2, 60)} days ago.",
        )
        headers = headers_for(event, source="tidemill/chaos", trace=new_trace())
        return Outgoing(event.name, event.key, event.to_json(), headers)

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
async def running_world(delivery: Delivery, *, worker: str = WORKER) -> AsyncIterator[World]:
    """Start a system that delivers in this way, with workers of this module; end it afterwards."""
    seen: list[PartEvent] = []
    plan = StackPlan(
        kafka=KafkaKind.REAL,
        load=("identity",),
        services=lambda addresses: workers(addresses, delivery, worker),
        on_event=seen.append,
    )
    async with local_stack(plan) as stack:
        world = World(KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap), delivery, seen)
        await world.start()
        try:
            yield world
        finally:
            await asyncio.shield(world.stop())


def workers(addresses: Addresses, delivery: Delivery, module: str) -> Sequence[Part]:
    """Return three workers of one group; none is killed for standing still: that is for the faults."""
    return [_worker(name, addresses, delivery, module) for name in WORKERS]


def _worker(name: str, addresses: Addresses, delivery: Delivery, module: str) -> Part:
    port = free_port()
    return Part(
        name=name,
        command=(sys.executable, "-m", module),
        env={
            "TIDEMILL__KAFKA__BOOTSTRAP": addresses.kafka_bootstrap,
            "TIDEMILL__KAFKA__MEMBER": name,
            "TIDEMILL__KAFKA__DELIVERY": delivery,
            "TIDEMILL__KAFKA__SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            "TIDEMILL__KAFKA__FETCH_WAIT_MS": "50",
            "TIDEMILL__TRITON__ADDRESS": addresses.triton_grpc,
            "TIDEMILL__REDIS__URL": addresses.redis_url,
            "TIDEMILL__MODELS_DIR": str(MODELS),
            "TIDEMILL__LIMITS__MAX_IN_FLIGHT_RECORDS": str(IN_FLIGHT_RECORDS),
            "TIDEMILL__LIMITS__COMMIT_INTERVAL_S": str(COMMIT_INTERVAL_S),
            "TIDEMILL__HTTP__PORT": str(port),
        },
        ready=Question(f"http://{LOOPBACK}:{port}/health/ready"),
    )
