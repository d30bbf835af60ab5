"""Text of a set of offsets, short enough to be kept beside a committed offset."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from shared.errors import TidemillError

MAX_CHARACTERS = 4_000
"""Kafka keeps 4,096 bytes beside a committed offset (`offset.metadata.max.bytes`)."""

_PREFIX = "replayed="


class MarksFullError(TidemillError):
    """No more single replays can be noted for a partition."""


def as_text(offsets: Iterable[int]) -> str:
    """Return the text of some offsets: for each run, the gap before it and its length.

    Raises MarksFullError when it is longer than Kafka keeps, which is at about a thousand runs.
    """
    text = _PREFIX + " ".join(f"{gap}+{length}" for gap, length in _runs(sorted(set(offsets))))
    if len(text) > MAX_CHARACTERS:
        raise MarksFullError(
            "too many single replays of one partition to note which were sent: replay all of a reason, "
            "or delete what was replayed by `tidemill dead purge TOPIC --yes`"
        )
    return text


def from_text(text: str) -> frozenset[int]:
    """Return the offsets of a text; none where it is of another kind."""
    if not text.startswith(_PREFIX):
        return frozenset()
    offsets: set[int] = set()
    end = 0
    for run in text.removeprefix(_PREFIX).split():
        gap, _, length = run.partition("+")
        offsets.update(range(end + int(gap), end + int(gap) + int(length)))
        end += int(gap) + int(length)
    return frozenset(offsets)


def _runs(offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the gap before each run of offsets in order, and its length."""
    breaks = [index + 1 for index, (one, next_) in enumerate(pairwise(offsets)) if next_ != one + 1]
    end = 0
    for start, stop in pairwise([0, *breaks, len(offsets)] if offsets else []):
        yield offsets[start] - end, stop - start
        end = offsets[stop - 1] + 1
