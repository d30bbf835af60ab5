"""Selection of dead letters: by topic, reason, place, time, or text in their headers. Pure: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from shared.bus.dead_letters import DeadLetter
from shared.bus.record import Partition, Place, Record
from shared.catalogue import DEAD_TOPICS
from shared.errors import ConfigError
from shared.events import DEAD_SUFFIX
from shared.topics import topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Selects dead letters."""

    name: str | None = None
    """Short or full name of the topic of their records; None selects all topics."""

    reason: str | None = None
    """Reason code; None selects all reasons."""

    places: frozenset[Place] | None = None
    """Places of single letters; None selects all places."""

    since_ms: int | None = None
    """Timestamp of the earliest letter, in milliseconds since 1970; None sets no bound."""

    until_ms: int | None = None
    """Timestamp behind the latest letter; None sets no bound."""

    header_text: str | None = None
    """Text in the name or value of a header of the record, or in the message; case is ignored."""

    @classmethod
    def at(cls, name: str | None, place: str) -> Self:
        """Return the selection of the letters at `PARTITION:OFFSET` of a topic.

        Raises ConfigError when it names no place, or no topic.
        """
        if name is None:
            raise ConfigError("name the topic of the letter too, e.g. messages --offset 2:17")
        number, _, offset = place.partition(":")
        if not (number.isdecimal() and offset.isdecimal()):
            raise ConfigError(f"{place} is no place; write PARTITION:OFFSET, e.g. 2:17")
        return cls(
            name=name,
            places=frozenset(
                Place(Partition(topic, int(number)), int(offset)) for topic in _dead_topics(name)
            ),
        )

    @property
    def is_whole(self) -> bool:
        """Return whether all letters of a reason, or all, are selected on each of the topics."""
        return (self.places, self.since_ms, self.until_ms, self.header_text) == (None, None, None, None)

    def topics(self) -> list[str]:
        """Return the topics of dead letters to read. Raises ConfigError when there is no such name."""
        topics = list(DEAD_TOPICS) if self.name is None else _dead_topics(self.name)
        if self.places is None:
            return topics
        named = {place.partition.topic for place in self.places}
        return [topic for topic in topics if topic in named]

    def includes(self, record: Record, letter: DeadLetter) -> bool:
        """Return whether a letter on one of the topics is selected."""
        return (
            self.reason in {None, letter.reason}
            and (self.places is None or place_of(record) in self.places)
            and (self.since_ms is None or record.timestamp_ms >= self.since_ms)
            and (self.until_ms is None or record.timestamp_ms < self.until_ms)
            and (self.header_text is None or _holds(letter, self.header_text.casefold()))
        )

    def parts(self, spans: Mapping[Partition, range]) -> dict[Partition, range]:
        """Return the parts of the partitions that can hold selected places."""
        if self.places is None:
            return dict(spans)
        offsets: dict[Partition, list[int]] = {}
        for place in self.places:
            if place.offset in spans.get(place.partition, ()):
                offsets.setdefault(place.partition, []).append(place.offset)
        return {partition: range(min(found), max(found) + 1) for partition, found in offsets.items()}


def place_of(record: Record) -> Place:
    """Return the place of a record."""
    return Place(record.partition, record.offset)


def _dead_topics(name: str) -> list[str]:
    return [topic.removesuffix(DEAD_SUFFIX) + DEAD_SUFFIX for topic in topics(name)]


def _holds(letter: DeadLetter, text: str) -> bool:
    """Return whether a letter has a casefolded text in its message, or in a header of its record."""
    texts = (
        letter.message,
        *(f"{name}: {(value or b'').decode(errors='replace')}" for name, value in letter.headers),
    )
    return any(text in each.casefold() for each in texts)
