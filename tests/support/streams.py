"""A bus in memory that notes what happens, and fails when told to; a stream that runs on it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from shared.bus.limits import StreamLimits
from shared.bus.memory import RECORD_MAX_BYTES, MemoryBus
from shared.bus.metrics import StreamMetrics
from shared.bus.outlet import AckedOutlet
from shared.bus.port import Consumer, OnAssign, OnRevoke, Outcome, Outlet, Producer
from shared.bus.positions import Position
from shared.bus.received import Received
from shared.bus.record import Outgoing, Partition, Place, Record
from shared.bus.stream import Source, Stream
from shared.errors import RetryableError
from tests.support.said import Said, record_of, said, said_on, text_of

TOPIC = Said.name
RESULTS = "out"
Heard = said_on(RESULTS)
HERE = Partition(TOPIC, 0)


class WatchedBus:
    """Keeps a history of what was published and committed; the next calls raise what is queued."""

    def __init__(self, *, partitions: int = 1, record_max_bytes: int = RECORD_MAX_BYTES) -> None:
        self.memory = MemoryBus(partitions=partitions, record_max_bytes=record_max_bytes)
        self.history: list[str] = []
        self.published: list[Outgoing] = []
        self.committed: dict[Partition, int] = {}
        self.connect_errors: deque[Exception] = deque()
        self.publish_errors: deque[Exception] = deque()
        self.commit_errors: deque[Exception] = deque()
        self.client_count = 0
        self.silent = False
        """Consumers opened while it is set never get a record: aiokafka's can stall without a word."""
        self.pausing = True
        """Unset, a pause has no effect, as on partitions that a rebalance brings behind it."""
        self.fetch_delay_s = 0.0
        self.away = False
        """While it is set, nothing is answered, written, read or connected."""
        self.deaf = False
        """Consumers opened while it is set never hear how many records wait."""
        self.lost_answers = 0
        """So many of the next answers are lost."""
        self.hanging_connects = 0
        """So many of the next consumers never get connected."""

    def refuse_when_away(self) -> None:
        """Raise RetryableError while the broker is away."""
        if self.away:
            raise RetryableError("away")

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> Consumer:
        """Return a consumer whose commits are noted."""
        self.client_count += 1
        return _WatchedConsumer(self, self.memory.consumer(topics, group=group, member=member))

    def producer(self) -> Producer:
        """Return a producer whose records are noted."""
        return _WatchedProducer(self, self.memory.producer())

    def outlet(self, consumer: Consumer, *, group: str) -> Outlet:
        """Return an outlet whose records are noted; at least once."""
        del group
        return AckedOutlet(self.producer(), consumer)

    async def send(self, *values: str, key: str = "k") -> None:
        """Write records to the topic that the stream reads."""
        for value in values:
            await self.memory.append(record_of(said(value, speaker=key)))


class _WatchedConsumer:
    def __init__(self, watched: WatchedBus, inner: Consumer) -> None:
        self._watched = watched
        self._inner = inner
        self._silent = watched.silent
        self._deaf = watched.deaf
        self.resume = inner.resume
        self.stop = inner.stop

    async def start(self, on_revoke: OnRevoke, on_assign: OnAssign) -> None:
        if self._watched.connect_errors:
            raise self._watched.connect_errors.popleft()
        self._watched.refuse_when_away()
        if self._watched.hanging_connects:
            self._watched.hanging_connects -= 1
            await asyncio.Event().wait()
        await self._inner.start(on_revoke, on_assign)

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        if self._silent or self._watched.away:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        await asyncio.sleep(self._watched.fetch_delay_s)
        return await self._inner.fetch(max_records=max_records, timeout_ms=timeout_ms)

    def pause(self) -> None:
        if self._watched.pausing:
            self._inner.pause()

    async def lag(self) -> Mapping[Partition, int]:
        self._watched.refuse_when_away()
        if self._deaf or self._watched.lost_answers:
            self._watched.lost_answers = max(0, self._watched.lost_answers - 1)
            await asyncio.sleep(5.0)
            raise RetryableError("no answer")
        return await self._inner.lag()

    async def commit(self, positions: Mapping[Partition, Position]) -> None:
        if self._watched.commit_errors:
            raise self._watched.commit_errors.popleft()
        self._watched.refuse_when_away()
        await self._inner.commit(positions)
        offsets = {partition: position.next_offset for partition, position in positions.items()}
        self._watched.committed |= offsets
        self._watched.history += [f"committed {offset}" for offset in offsets.values()]


class _WatchedProducer:
    def __init__(self, watched: WatchedBus, inner: Producer) -> None:
        self._watched = watched
        self._inner = inner
        self.start = inner.start
        self.stop = inner.stop

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        if self._watched.publish_errors:
            raise self._watched.publish_errors.popleft()
        self._watched.refuse_when_away()
        places = await self._inner.publish(records)
        self._watched.published += records
        self._watched.history += [f"published {text_of(record)}" for record in records]
        return places


Answer = Callable[[Said], Outcome]


class GatedHandler:
    """Answers each event; those whose text is in `closed` wait until it is taken out."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer: Answer = answer or echo
        self.closed: set[str] = set()
        self.errors: deque[Exception] = deque()
        self.calls: list[list[str]] = []

    async def handle(self, received: Sequence[Received[Said]]) -> Sequence[Outcome]:
        """Return one outcome for each event."""
        texts = [each.event.text for each in received]
        self.calls.append(texts)
        if self.errors:
            raise self.errors.popleft()
        while self.closed.intersection(texts):  # noqa: ASYNC110 - the time is virtual
            await asyncio.sleep(0.01)
        return [self.answer(each.event) for each in received]


def echo(event: Said) -> Outcome:
    """Answer an event with its own text."""
    return [said(event.text, speaker=event.speaker, on=Heard)]


def published(bus: WatchedBus, topic: str = RESULTS) -> list[str]:
    """Return what was written to a topic, in order."""
    return [text_of(record) for record in bus.published if record.topic == topic]


def stream_on(
    bus: WatchedBus,
    handler: GatedHandler,
    limits: StreamLimits | None = None,
    metrics: StreamMetrics | None = None,
) -> Stream:
    """Return a stream, not running."""
    return Stream(
        bus,
        Source(reads=[Said], group="readers", publisher="tests"),
        handler,
        limits=limits or StreamLimits(commit_interval_s=0.01),
        metrics=metrics or StreamMetrics(CollectorRegistry()),
    )


@asynccontextmanager
async def running(stream: Stream) -> AsyncIterator[asyncio.Task[None]]:
    """Run a stream inside the block; at its end stop the stream and let it finish."""
    stop = asyncio.Event()
    task = asyncio.create_task(stream.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task])
    await task


async def until(condition: Callable[[], bool]) -> None:
    """Return when `condition` holds; for loops whose time is virtual."""
    async with asyncio.timeout(600.0):
        while not condition():  # noqa: ASYNC110 - the time is virtual
            await asyncio.sleep(0.01)
