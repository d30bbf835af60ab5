"""Guard of the order in which a partition's records are applied, whatever order they are delivered in."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum, auto

import structlog

from shared.bus.record import Partition, Record
from shared.errors import RetryableError

FindNext = Callable[[Partition, int], Awaitable[int]]
"""Returns the offset of the first record at or after an offset, or of the end where there is none.

Raises LostRecordsError when what was there is deleted, RetryableError when the broker doesn't answer.
"""

Seek = Callable[[Partition, int], Awaitable[None]]
"""Makes the consumer deliver a partition from an offset on."""

_SEEK_INTERVAL_S = 2.0
_NOT_OURS = -1
_NOT_SOUGHT = (-1, 0.0)


class Turn(Enum):
    """The answer of the guard about one record."""

    NOW = auto()
    """It is the next one: apply it."""

    BEFORE = auto()
    """It is applied already: acknowledge it."""

    LATER = auto()
    """Records before it are missing, or may be: leave it. It is delivered again behind them."""


class OrderGuard:
    """Admits each partition's records one after the other, and lets none be passed over.

    Faust 0.15.3 throws away what lies in its queues when a recovery ends, reads on behind it, and
    commits over the gap: before this was checked, one restart in five skipped records. Other gaps are
    Kafka's own: the end of a transaction takes an offset, an aborted or compacted record leaves one.
    """

    def __init__(self, find_next: FindNext, seek: Seek, *, group: str) -> None:
        self.epoch = 0
        """Incremented at each recovery; results of what began before it are ignored."""

        self._find_next = find_next
        self._seek = seek
        self._next: dict[Partition, int] = {}
        self._sought: dict[Partition, tuple[int, float]] = {}
        self._in_hand: Counter[Partition] = Counter()
        self._log = structlog.get_logger().bind(group=group)

    def begin(self, next_offsets: Mapping[Partition, int]) -> None:
        """Start anew with the partitions of this process, each at the offset that the table asks for."""
        self.epoch += 1
        self._next = dict(next_offsets)
        self._sought.clear()
        self._in_hand.clear()

    async def turn(self, partition: Partition, offset: int, *, epoch: int) -> Turn:
        """Return whether this record is to be applied now; not if a recovery has come since `epoch`.

        An admitted record is in hand until `done`. Raises LostRecordsError when records before it
        were deleted unread.
        """
        if epoch == self.epoch and self._next.get(partition, offset) < offset:
            await self._close_gap(partition, offset)
        if epoch != self.epoch or self._next.get(partition, _NOT_OURS) < offset:
            return Turn.LATER
        if offset < self._next[partition]:
            return Turn.BEFORE
        self._next[partition] = offset + 1
        self._in_hand[partition] += 1
        return Turn.NOW

    @property
    def in_hand(self) -> int:
        """Return how many records are admitted and not done."""
        return self._in_hand.total()

    def done(self, records: Sequence[Record], *, epoch: int) -> None:
        """Take note that admitted records are applied, unless a recovery has come since `epoch`."""
        if epoch == self.epoch:
            self._in_hand.subtract(record.partition for record in records)

    async def waiting_records(self, partition: Partition, end: int) -> int:
        """Return how many offsets up to the end of a partition are not applied; 0 if none holds a record.

        Raises RetryableError when the partition went to another process, or the broker doesn't answer.
        """
        if partition not in self._next:
            raise RetryableError(f"partition {partition.number} went to another worker")
        epoch = self.epoch
        if self._next[partition] < end:
            await self._pass_gap(partition, end)
        if epoch != self.epoch:
            raise RetryableError("a recovery came in between")
        return self._in_hand[partition] + max(0, end - self._next[partition])

    async def seek_back(self, partition: Partition) -> None:
        """Have the records delivered that were passed over.

        Not again for each record that comes early: the consumer still delivers what it had in hand.
        """
        expected, now_s = self._next[partition], asyncio.get_running_loop().time()
        sought, at_s = self._sought.get(partition, _NOT_SOUGHT)
        if sought == expected and now_s - at_s < _SEEK_INTERVAL_S:
            return
        self._sought[partition] = expected, now_s
        self._log.warning(
            "records_skipped", topic=partition.topic, partition=partition.number, offset=expected
        )
        await self._seek(partition, expected)

    async def _close_gap(self, partition: Partition, offset: int) -> None:
        """Move up to `offset` if no record lies before it; else have the skipped ones delivered.

        Kafka is asked once about a gap that holds records.
        """
        was_sought, _ = self._sought.get(partition, _NOT_SOUGHT)
        if was_sought != self._next[partition]:
            try:
                if not await self._pass_gap(partition, offset):
                    return
            except RetryableError as error:  # the record comes again: the stream seeks when nothing moves
                self._log.warning("gap_unknown", partition=partition.number, offset=offset, why=str(error))
                return
        if self._next[partition] < offset:
            await self.seek_back(partition)

    async def _pass_gap(self, partition: Partition, until: int) -> bool:
        """Move up to the next record, at most to `until`. Return False when a recovery came meanwhile."""
        epoch, expected = self.epoch, self._next[partition]
        first = await self._find_next(partition, expected)
        if epoch != self.epoch:
            return False
        self._next[partition] = max(min(first, until), self._next[partition])
        return True
