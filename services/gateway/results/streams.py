"""Streams of results: first what a subscriber has missed, from Kafka where memory is too short, then live."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.gateway.results.filters import Filter
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.positions import Positions, to_text
from services.gateway.results.ring import Ring
from services.gateway.results.sse import SLOW, Chunk, gap, heartbeat, opening
from shared.bus.kafka.lookup import KafkaLookup
from shared.bus.kafka.reader import KafkaReader
from shared.bus.port import ClientBrokenError
from shared.bus.record import Partition, Place
from shared.errors import RetryableError
from shared.settings import KafkaSettings

HEARTBEAT_S: Final = 15.0
_FETCH_MS: Final = 200
_MAX_CATCHING_UP: Final = 8
"""Streams that read from Kafka at a time; further ones wait for their turn."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Results that one subscriber wants, and where it goes on."""

    wanted: Filter
    with_text: bool
    positions: Positions | None = None
    """Positions of the last id that it has seen; None begins with what comes from now on."""


class Streams:
    """Makes the streams of all subscribers."""

    def __init__(
        self,
        kafka: KafkaSettings,
        lookup: KafkaLookup,
        ring: Ring,
        metrics: ResultMetrics,
        *,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._kafka = kafka
        self._lookup = lookup
        self._ring = ring
        self._metrics = metrics
        self._heartbeat_s = heartbeat_s
        self._catching_up = asyncio.Semaphore(_MAX_CATCHING_UP)

    async def frames(self, asked: Subscription) -> AsyncGenerator[bytes]:
        """Yield the stream as bytes, until the gateway stops or the subscriber is too slow."""
        positions = self._ring.positions if asked.positions is None else asked.positions
        yield opening(to_text(positions))
        with suppress(RetryableError, ClientBrokenError):  # the client connects again, and goes on
            async with aclosing(self._missed(asked, positions)) as missed:
                async for behind, frames in missed:
                    positions = behind
                    if frames:
                        yield frames
            async with aclosing(self._live(asked, positions)) as live:
                async for frames in live:
                    yield frames

    async def _missed(
        self, asked: Subscription, positions: Positions
    ) -> AsyncGenerator[tuple[Positions, bytes]]:
        """Yield what Kafka has from these positions on up to the ring, and the positions behind it."""
        if self._ring.number_at(positions) is not None:
            return
        async with self._catching_up:
            positions, lost = await self._within_log(asked.wanted, positions)
            yield positions, gap(lost) if lost else b""
            if self._ring.number_at(positions) is not None:
                return
            reader = KafkaReader(self._kafka, sorted(asked.wanted.topics), positions=positions)
            await reader.start()
            try:
                while self._ring.number_at(positions) is None and not self._ring.is_closed:
                    floor = self._ring.floor
                    records = await reader.fetch(timeout_ms=_FETCH_MS)
                    before, positions = positions, {**positions, **reader.positions}
                    if not records and not await reader.remaining_records():
                        positions = _later(
                            positions, floor
                        )  # behind the last record are ends of transactions
                    chunk = Chunk(records, before=before, behind=positions)
                    yield positions, chunk.frames(asked.wanted, with_text=asked.with_text)
            finally:
                await reader.stop()

    async def _within_log(
        self, wanted: Filter, positions: Positions
    ) -> tuple[Positions, list[Mapping[str, Any]]]:
        """Return the positions behind what is not wanted or deleted, and what was deleted unread."""
        bounds = await self._lookup.bounds(await self._lookup.partitions(wanted.topics))
        moved, lost = dict(self._ring.positions), []
        for partition, (begin, end) in bounds.items():
            offset = positions.get(partition, 0)
            moved[partition] = offset if begin <= offset <= end else begin
            if partition in positions and moved[partition] != offset:
                lost.append(await self._told(partition, offset, begin))
        return moved, lost

    async def _told(self, partition: Partition, offset: int, begin: int) -> Mapping[str, Any]:
        """Return which records were deleted, and when the first one that is left was written."""
        first = await self._lookup.record_at(Place(partition, begin))
        first_at = first and datetime.fromtimestamp(first.timestamp_ms / 1000, UTC).isoformat()
        return {
            "topic": partition.topic,
            "partition": partition.number,
            "next_offset": offset,
            "first_offset": begin,
            "first_at": first_at,
        }

    async def _live(self, asked: Subscription, positions: Positions) -> AsyncGenerator[bytes]:
        """Yield what arrives from these positions on."""
        clock = asyncio.get_running_loop().time
        ring, number, sent_s = self._ring, self._ring.number_at(positions), clock()
        while number is not None and not ring.is_closed:
            if number < ring.first:
                self._metrics.slow_streams.inc()
                yield SLOW
                return
            frames = b""
            if chunk := ring.chunk(number):
                frames = chunk.frames_behind(positions, asked.wanted, with_text=asked.with_text)
                positions = _later(positions, chunk.behind)
                number += 1
            else:
                await ring.more(within_s=sent_s + self._heartbeat_s - clock())
            if not frames and clock() >= sent_s + self._heartbeat_s:
                frames = heartbeat(to_text(positions))
            if frames:
                yield frames
                sent_s = clock()


def _later(one: Positions, other: Positions) -> Positions:
    """Return the later position of each partition."""
    return {each: max(one.get(each, 0), other.get(each, 0)) for each in one.keys() | other.keys()}
