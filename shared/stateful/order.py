"""Which record of a partition comes next, whatever order it is delivered in."""

from collections.abc import Mapping
from enum import Enum, auto

_SEEK_INTERVAL_S = 2.0


class Turn(Enum):
    """What to do with a record."""

    NOW = auto()
    BEFORE = auto()
    """It is applied already."""

    BEHIND_GAP = auto()
    """Whether a record lies before it is for Kafka to say: ask, and see `turn_after`."""

    EARLY = auto()
    """Some before it were skipped: leave it, and have them delivered first."""


class Order:
    """Expects each partition's records one after the other, and lets none go by.

    Faust 0.15.3 throws away what lies in its queues when a recovery ends, reads on behind it, and
    commits over the gap: before this was checked, one restart in five skipped records. Other gaps are
    Kafka's own: the end of a transaction takes an offset, an aborted or compacted record leaves one.
    """

    def __init__(self) -> None:
        self.epoch = 0
        """Grows with each beginning; what began in an earlier one is not done in this one."""

        self._next: dict[int, int] = {}
        self._sought: dict[int, tuple[int, float]] = {}

    def begin(self, next_offsets: Mapping[int, int]) -> None:
        """Start anew with the offsets that each partition's table asks for."""
        self.epoch += 1
        self._next = dict(next_offsets)
        self._sought.clear()

    def has(self, partition: int) -> bool:
        """Return whether the last beginning was with this partition."""
        return partition in self._next

    def next_offset(self, partition: int) -> int:
        """Return the offset to apply next; 0 in a partition never read."""
        return self._next.get(partition, 0)

    def turn(self, partition: int, offset: int) -> Turn:
        """Return whether this record is the next one."""
        expected = self.next_offset(partition)
        if offset <= expected:
            return Turn.NOW if offset == expected else Turn.BEFORE
        sought, _ = self._sought.get(partition, (None, 0.0))
        return Turn.EARLY if sought == expected else Turn.BEHIND_GAP

    def turn_after(self, partition: int, offset: int, *, first: int, epoch: int) -> Turn:
        """Return the turn of a record behind a gap; `first` is where Kafka has the first from the gap on.

        Nothing follows from an answer that a recovery overtook.
        """
        if epoch != self.epoch:
            return Turn.BEHIND_GAP
        self.go_on_at(partition, min(first, offset), epoch=epoch)
        turn = self.turn(partition, offset)
        return Turn.EARLY if turn is Turn.BEHIND_GAP else turn

    def go_on_at(self, partition: int, offset: int, *, epoch: int) -> None:
        """Note that all records before an offset are applied.

        Not if a recovery came between: it may have put an older state in place of theirs, so they
        are to be applied again, which changes nothing if that was not so.
        """
        if epoch == self.epoch:
            self._next[partition] = max(offset, self.next_offset(partition))

    def seek_due(self, partition: int, now_s: float) -> bool:
        """Return whether to seek back now to the next offset, which holds a record.

        Not for each record that comes early: Faust still delivers what it had in hand.
        """
        expected = self.next_offset(partition)
        sought, at_s = self._sought.get(partition, (None, 0.0))
        if sought == expected and now_s - at_s < _SEEK_INTERVAL_S:
            return False
        self._sought[partition] = expected, now_s
        return True
