"""Streams of results from memory: live, slow, quiet, and at the stop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from prometheus_client import CollectorRegistry

from services.gateway.results.filters import Filter
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.positions import from_text
from services.gateway.results.ring import Ring
from services.gateway.results.streams import Streams, Subscription
from shared.bus.kafka.lookup import KafkaLookup
from shared.bus.record import Partition, Record
from shared.events import SupportMessageRouted
from shared.settings import KafkaSettings

NO_KAFKA = KafkaSettings(bootstrap="127.0.0.1:1")
ROUTED = Partition(SupportMessageRouted.name, 0)
LOANS = Filter(queues=frozenset({"loans"}))


class Memory:
    """A ring with its streams, without a Kafka."""

    def __init__(self, *, max_count: int = 100, heartbeat_s: float = 60.0) -> None:
        self.registry = CollectorRegistry()
        self.ring = Ring(max_count=max_count, max_bytes=10**6)
        self.ring.begin({ROUTED: 0})
        lookup, metrics = KafkaLookup(NO_KAFKA), ResultMetrics(self.registry)
        self._streams = Streams(NO_KAFKA, lookup, self.ring, metrics, heartbeat_s=heartbeat_s)

    def add(self, offset: int) -> None:
        """Let a result arrive."""
        value = b'{"number": %d, "text": "hello", "queue": "cards"}' % offset
        self.ring.add([Record(ROUTED, offset, b"k", value, (), 0)], {ROUTED: offset + 1})

    def stream(
        self, wanted: Filter | None = None, *, seen: int | None = None, with_text: bool = True
    ) -> AsyncGenerator[bytes]:
        """Return a stream of one that has seen the results below an offset."""
        positions = None if seen is None else {ROUTED: seen}
        return self._streams.frames(Subscription(wanted or Filter(), with_text, positions))


async def test_a_new_subscriber_is_told_where_it_stands_and_gets_what_comes() -> None:
    memory = Memory()
    memory.add(0)
    async with aclosing(memory.stream()) as stream:
        opening = await anext(stream)
        memory.add(1)
        frames = await anext(stream)

    assert f"id: {ROUTED.topic}:0=1".encode() in opening
    assert b'"number":1' in frames


async def test_a_subscriber_that_comes_back_gets_all_it_missed_once() -> None:
    memory = Memory()
    for offset in range(5):
        memory.add(offset)
    async with aclosing(memory.stream(seen=2)) as stream:
        await anext(stream)
        missed = b"".join([await anext(stream) for _ in range(3)])

    assert [number for number in range(5) if b'"number":%d' % number in missed] == [2, 3, 4]


async def test_a_subscriber_whose_place_was_dropped_meanwhile_is_cut_as_slow() -> None:
    memory = Memory(max_count=3)
    async with aclosing(memory.stream()) as stream:
        await anext(stream)
        memory.add(0)
        await anext(stream)
        for offset in range(1, 6):
            memory.add(offset)

        assert (await anext(stream)).startswith(b"event: slow\n")
        assert await anext(stream, None) is None
    assert memory.registry.get_sample_value("tidemill_slow_streams_total") == 1


async def test_a_quiet_stream_beats_and_moves_its_place_past_what_is_not_wanted() -> None:
    memory = Memory(heartbeat_s=0.01)
    memory.add(0)
    async with aclosing(memory.stream(LOANS, seen=0)) as stream:
        await anext(stream)
        beat = (await anext(stream)).decode().splitlines()

    assert beat[0].startswith(":")
    assert from_text(beat[1].removeprefix("id: ")) == {ROUTED: 1}
    assert not any(line.startswith("data:") for line in beat)


async def test_texts_are_null_for_those_who_may_not_read_them() -> None:
    memory = Memory()
    async with aclosing(memory.stream(with_text=False)) as stream:
        await anext(stream)
        memory.add(0)

        assert b'"text":null' in await anext(stream)


async def test_a_waiting_stream_ends_when_the_gateway_stops() -> None:
    memory = Memory()
    async with aclosing(memory.stream()) as stream:
        await anext(stream)
        waiting = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0)

        memory.ring.close()

        assert await asyncio.wait_for(waiting, 1.0) is None
