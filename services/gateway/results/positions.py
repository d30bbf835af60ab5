"""Positions in topics as the text of an SSE id. Pure: no I/O."""

import re
from collections.abc import Mapping
from typing import Final

from shared.bus.record import Partition
from shared.errors import TidemillError
from shared.events import RESULTS

Positions = Mapping[Partition, int]
"""Offset of the next record, by partition."""

_TOPICS: Final = frozenset(event.name for event in RESULTS)
_TOPIC: Final = re.compile(r"([a-z0-9_.]{1,200}):((?:\d{1,6}=\d{1,19},)*\d{1,6}=\d{1,19})", re.ASCII)
_MAX_CHARACTERS: Final = 32_000


class WrongPositionsError(TidemillError):
    """The text is no id of an event of a stream."""


def to_text(positions: Positions) -> str:
    """Return the positions on one line, such as `image.analyzed.v1:0=17,1=4;news.article_analyzed.v1:0=3`."""
    by_topic: dict[str, list[str]] = {}
    for partition in sorted(positions):
        by_topic.setdefault(partition.topic, []).append(f"{partition.number}={positions[partition]}")
    return ";".join(f"{topic}:{','.join(offsets)}" for topic, offsets in by_topic.items())


def from_text(text: str) -> Positions:
    """Return the positions of results; others are left out. Raises WrongPositionsError on any other text."""
    if len(text) > _MAX_CHARACTERS:
        raise WrongPositionsError
    positions: dict[Partition, int] = {}
    for part in text.split(";") if text else ():
        found = _TOPIC.fullmatch(part)
        if found is None:
            raise WrongPositionsError
        for each in found[2].split(",") if found[1] in _TOPICS else ():
            number, _, offset = each.partition("=")
            positions[Partition(found[1], int(number))] = int(offset)
    return positions


def covers(floor: Positions, positions: Positions) -> bool:
    """Return whether all that lies before `floor` lies before `positions` too."""
    return all(positions.get(partition, 0) >= offset for partition, offset in floor.items())
