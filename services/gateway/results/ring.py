"""Ring of the newest results in memory: each subscriber reads it at its own place."""

import asyncio
from collections import deque
from collections.abc import Sequence

from services.gateway.results.positions import Positions, covers
from services.gateway.results.sse import Chunk
from shared.bus.record import Record

_CHUNKS_IN_FULL = 8
"""So many of the newest chunks keep what they were parsed into and written as."""


class Ring:
    """Keeps the newest chunks within bounds, numbered from 0 on, and tells when another one comes."""

    def __init__(self, *, max_count: int, max_bytes: int) -> None:
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._chunks: deque[Chunk] = deque()
        self._count = 0
        self._size_bytes = 0
        self._more = asyncio.Event()
        self._positions: Positions = {}
        self.first = 0
        """Number of the oldest chunk that is kept."""

        self.is_closed = False

    @property
    def next(self) -> int:
        """Return the number that the next chunk will get."""
        return self.first + len(self._chunks)

    @property
    def positions(self) -> Positions:
        """Return the positions behind the newest chunk."""
        return self._positions

    @property
    def floor(self) -> Positions:
        """Return the positions before the oldest chunk."""
        return self._chunks[0].before if self._chunks else self._positions

    def begin(self, positions: Positions) -> None:
        """Stand at these positions, where reading begins or goes on."""
        self._positions = positions

    def add(self, records: Sequence[Record], positions: Positions) -> Chunk:
        """Append the records that lie before `positions`, wake the subscribers, and return the chunk."""
        chunk = Chunk(records, before=self._positions, behind=positions)
        self._positions = positions
        self._chunks.append(chunk)
        self._count += len(records)
        self._size_bytes += chunk.size_bytes
        # The newest stays, however large it is.
        while len(self._chunks) > 1 and (self._count > self._max_count or self._size_bytes > self._max_bytes):
            self._drop()
        if len(self._chunks) > _CHUNKS_IN_FULL:
            self._chunks[-_CHUNKS_IN_FULL - 1].reduce()
        self._wake()
        return chunk

    def chunk(self, number: int) -> Chunk | None:
        """Return the chunk of this number, which was not dropped; None where it has yet to come."""
        return self._chunks[number - self.first] if number < self.next else None

    def number_at(self, positions: Positions) -> int | None:
        """Return the chunk at which a reader at `positions` goes on; None where it was dropped already."""
        if not covers(self.floor, positions):
            return None
        for number, chunk in enumerate(self._chunks, self.first):
            if not covers(chunk.behind, positions):
                return number
        return self.next

    async def more(self, *, within_s: float) -> None:
        """Return when another chunk has come, when the ring was closed, or when the time is over."""
        waiting = self._more
        try:
            async with asyncio.timeout(within_s):
                await waiting.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Tell the subscribers to end."""
        self.is_closed = True
        self._wake()

    def _drop(self) -> None:
        dropped = self._chunks.popleft()
        self.first += 1
        self._count -= len(dropped.events)
        self._size_bytes -= dropped.size_bytes

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
