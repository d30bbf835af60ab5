"""Which record of a partition comes next, whatever order it is delivered in."""

from collections.abc import Mapping
from enum import Enum, auto

_SEEK_INTERVAL_S = 2.0


class Turn(Enum):
    """What to do with a record."""

    NOW = auto()
    BEFORE = auto()
    """It is applied already."""

    EARLY = auto()
    """Some before it were skipped: leave it, and have them delivered first."""


class Order:
    """Expects each partition's records one after the other, without a gap.

    Faust 0.15.3 throws away what lies in its queues when a recovery ends, reads on behind it, and
    commits over the gap: before this was checked, one restart in five skipped records.
    """

    def __init__(self) -> None:
        self.epoch = 0
        """Grows with each beginning; what began in an earlier one is not done in this one."""

        self._next: dict[int, int] = {}
        self._sought_at_s: dict[int, float] = {}

    def begin(self, next_offsets: Mapping[int, int]) -> None:
        """Start anew with the offsets that each partition's table asks for."""
        self.epoch += 1
        self._next = dict(next_offsets)
        self._sought_at_s.clear()

    def next_offset(self, partition: int) -> int:
        """Return the offset to apply next; 0 in a partition never read."""
        return self._next.get(partition, 0)

    def turn(self, partition: int, offset: int) -> Turn:
        """Return whether this record is the next one."""
        expected = self.next_offset(partition)
        if offset == expected:
            return Turn.NOW
        return Turn.BEFORE if offset < expected else Turn.EARLY

    def done(self, partition: int, offset: int, *, epoch: int) -> None:
        """Note that a record is applied.

        Not if a recovery came between: it may have put an older state in place of this one, so the
        record is to be applied again, which changes nothing if that was not so.
        """
        if epoch == self.epoch:
            self._next[partition] = offset + 1
            self._sought_at_s.pop(partition, None)

    def seek_due(self, partition: int, now_s: float) -> bool:
        """Return whether to seek back now.

        Not for each record that comes early: Faust still delivers what it had in hand.
        """
        last_s = self._sought_at_s.get(partition)
        if last_s is not None and now_s - last_s < _SEEK_INTERVAL_S:
            return False
        self._sought_at_s[partition] = now_s
        return True
