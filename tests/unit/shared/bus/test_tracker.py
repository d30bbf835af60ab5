"""What may be committed."""

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.record import Partition
from shared.bus.tracker import OffsetTracker

HERE = Partition("in", 0)
THERE = Partition("in", 1)


def _laid_out(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    spans, offset = [], 0
    for gap, length in steps:
        first = offset + gap
        spans.append((first, first + length))
        offset = first + length + 1
    return spans


# Spans of consecutive records, with gaps between and inside them, as transactions leave them.
_spans = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12).map(_laid_out)


@given(spans=_spans, draw=st.data())
def test_nothing_above_the_first_unfinished_record_is_ever_committable(
    spans: list[tuple[int, int]], draw: st.DataObject
) -> None:
    tracker = OffsetTracker()
    for first, last in spans:
        tracker.begin(HERE, first, last)
    unfinished = dict(spans)

    for first in draw.draw(st.permutations(list(unfinished))):
        tracker.finish(HERE, first)
        del unfinished[first]
        committable = tracker.committable().get(HERE, 0)

        assert committable <= min(unfinished, default=spans[-1][1] + 1)
        finished_prefix = [last for start, last in spans if start < min(unfinished, default=10**9)]
        assert committable == (finished_prefix[-1] + 1 if finished_prefix else 0)


def test_what_was_committed_is_not_offered_again() -> None:
    tracker = OffsetTracker()
    tracker.begin(HERE, 0, 4)
    tracker.finish(HERE, 0)

    tracker.committed({HERE: 5})

    assert tracker.committable() == {}


def test_partitions_do_not_wait_for_each_other() -> None:
    tracker = OffsetTracker()
    tracker.begin(HERE, 0, 4)
    tracker.begin(THERE, 7, 7)

    tracker.finish(THERE, 7)

    assert tracker.committable() == {THERE: 8}


def test_a_partition_that_is_gone_is_committed_no_more() -> None:
    tracker = OffsetTracker()
    tracker.begin(HERE, 0, 4)
    tracker.forget(HERE)

    tracker.finish(HERE, 0)

    assert tracker.committable() == {}


def test_a_partition_that_came_back_starts_anew() -> None:
    tracker = OffsetTracker()
    tracker.begin(HERE, 5, 9)
    tracker.forget(HERE)
    tracker.begin(HERE, 0, 4)

    tracker.finish(HERE, 0)

    assert tracker.committable() == {HERE: 5}
