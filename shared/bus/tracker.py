"""Which offset may be committed: the one up to which everything is finished."""

from collections import deque
from dataclasses import dataclass, field

from shared.bus.record import Partition


@dataclass(slots=True)
class _Span:
    """Consecutive records that were handed out together."""

    next_offset: int
    finished: bool = False


@dataclass(slots=True)
class _Progress:
    spans: deque[_Span] = field(default_factory=deque)
    by_start: dict[int, _Span] = field(default_factory=dict)
    position: int | None = None
    committed: int | None = None


class OffsetTracker:
    """Holds the spans in flight, per partition, and the end of the finished prefix.

    Spans are begun in offset order and may finish in any order. Offsets may have gaps
    (transaction markers, compaction): only starts and ends are compared, never counted.
    """

    def __init__(self) -> None:
        self._partitions: dict[Partition, _Progress] = {}

    def begin(self, partition: Partition, first_offset: int, last_offset: int) -> None:
        """Note that the records from `first_offset` to `last_offset` are in flight."""
        progress = self._partitions.setdefault(partition, _Progress())
        span = _Span(last_offset + 1)
        progress.spans.append(span)
        progress.by_start[first_offset] = span

    def finish(self, partition: Partition, first_offset: int) -> None:
        """Note that the span begun at `first_offset` is finished; ignored after `forget`."""
        progress = self._partitions.get(partition)
        if progress is None or first_offset not in progress.by_start:
            return
        progress.by_start.pop(first_offset).finished = True
        while progress.spans and progress.spans[0].finished:
            progress.position = progress.spans.popleft().next_offset

    def committable(self) -> dict[Partition, int]:
        """Return the offset to read next, for each partition where it moved since `committed`."""
        return {
            partition: progress.position
            for partition, progress in self._partitions.items()
            if progress.position is not None and progress.position != progress.committed
        }

    def committed(self, offsets: dict[Partition, int]) -> None:
        """Note that these offsets are stored."""
        for partition, offset in offsets.items():
            if progress := self._partitions.get(partition):
                progress.committed = offset

    def forget(self, partition: Partition) -> None:
        """Drop a partition that went to another member."""
        self._partitions.pop(partition, None)
