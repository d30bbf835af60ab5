"""Ring of results: what subscribers find there, and as which bytes."""

import asyncio
import json

import pytest

from services.gateway.results.filters import Filter
from services.gateway.results.positions import from_text
from services.gateway.results.ring import Ring
from services.gateway.results.sse import Chunk, heartbeat, opening
from shared.bus.record import Partition, Record
from shared.events import ImageAnalyzed, SupportMessageRouted

ROUTED = Partition(SupportMessageRouted.name, 0)
IMAGES = Partition(ImageAnalyzed.name, 0)
ALL = Filter()
ROUTED_ONLY = Filter(topics=frozenset({ROUTED.topic}))


def a_record(offset: int, partition: Partition = ROUTED, *, text: str = "hello") -> Record:
    value = json.dumps({"event_id": offset, "text": text}).encode()
    return Record(partition, offset, b"k", value, (), 0)


def a_ring(*, max_count: int = 100, max_bytes: int = 10**6) -> Ring:
    ring = Ring(max_count=max_count, max_bytes=max_bytes)
    ring.begin({ROUTED: 0, IMAGES: 0})
    return ring


def filled(ring: Ring, count: int) -> Ring:
    for offset in range(count):
        ring.add([a_record(offset)], {ROUTED: offset + 1, IMAGES: 0})
    return ring


def lines(frames: bytes) -> list[str]:
    return frames.decode().splitlines()


def a_chunk(*records: Record) -> Chunk:
    return Chunk(records, before={}, behind={ROUTED: 9, IMAGES: 4})


def test_only_the_last_event_of_a_chunk_has_an_id() -> None:
    frames = lines(a_chunk(a_record(7), a_record(8)).frames(ALL, with_text=True))

    ids = [index for index, line in enumerate(frames) if line.startswith("id:")]
    assert len(ids) == 1
    assert not any(line.startswith("data:") for line in frames[ids[0] :])
    assert from_text(frames[ids[0]].removeprefix("id: ")) == {ROUTED: 9, IMAGES: 4}


def test_an_event_is_named_by_its_type_and_holds_one_line_of_json() -> None:
    first, second, *_ = lines(a_chunk(a_record(7, text="two\nlines")).frames(ALL, with_text=True))

    assert first == f"event: {ROUTED.topic}"
    assert json.loads(second.removeprefix("data: ")) == {"event_id": 7, "text": "two\nlines"}


def test_without_the_right_to_read_it_text_is_null() -> None:
    frames = a_chunk(a_record(7, text="secret")).frames(ALL, with_text=False)

    assert b"secret" not in frames
    assert b'"text":null' in frames


def test_subscribers_who_want_the_same_get_the_same_bytes() -> None:
    chunk = a_chunk(a_record(7), a_record(3, IMAGES))

    assert chunk.frames(Filter(), with_text=True) is chunk.frames(Filter(), with_text=True)


def test_a_chunk_without_a_wanted_event_is_no_bytes() -> None:
    assert a_chunk(a_record(3, IMAGES)).frames(ROUTED_ONLY, with_text=True) == b""


def test_a_reader_in_the_middle_of_a_chunk_gets_the_rest() -> None:
    frames = a_chunk(a_record(7), a_record(8)).frames_behind({ROUTED: 8}, ALL, with_text=True)

    assert b'"event_id":7' not in frames
    assert b'"event_id":8' in frames


@pytest.mark.parametrize(("seen", "number"), [(0, 0), (3, 3), (5, 5), (7, 5)])
def test_a_reader_goes_on_at_the_first_chunk_that_it_has_not_seen(seen: int, number: int) -> None:
    assert filled(a_ring(), 5).number_at({ROUTED: seen, IMAGES: 0}) == number


def test_a_reader_before_the_oldest_chunk_finds_no_place() -> None:
    ring = filled(a_ring(max_count=3), 5)

    assert ring.number_at({ROUTED: 1, IMAGES: 0}) is None
    assert ring.number_at({ROUTED: 2, IMAGES: 0}) == ring.first == 2


def test_the_bytes_of_a_ring_are_bounded_but_its_newest_chunk_stays() -> None:
    ring = filled(a_ring(max_bytes=10), 5)

    assert (ring.first, ring.next) == (4, 5)


def test_reduced_chunks_are_written_again_as_before() -> None:
    chunk = a_chunk(a_record(7), a_record(8))
    before = chunk.frames(ALL, with_text=True)

    chunk.reduce()

    assert chunk.frames(ALL, with_text=True) == before


async def test_a_reader_who_waits_is_woken_by_the_next_chunk_and_by_the_end() -> None:
    ring = a_ring()
    for wake in (lambda: filled(ring, 1), ring.close):
        waiting = asyncio.create_task(ring.more(within_s=60.0))
        await asyncio.sleep(0)

        wake()

        await asyncio.wait_for(waiting, 1.0)


def test_opening_and_heartbeat_carry_the_place_and_dispatch_no_event() -> None:
    for frames in (opening("x:0=1"), heartbeat("x:0=1")):
        assert b"id: x:0=1\n" in frames
        assert b"data:" not in frames
        assert frames.endswith(b"\n\n")
