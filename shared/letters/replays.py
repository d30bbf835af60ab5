"""Replays of dead letters: which letters are due, and how far earlier replays came. Pure: no I/O.

A replayed record that fails again becomes another letter. So a replay takes only letters that no earlier one
took, and takes no record more often than it is told to. What was taken is kept as committed offsets of
consumer groups: one for each reason and one for all, whose letters before the offset were replayed; and one
for letters that were selected in another way, with their offsets as its text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property

from shared.bus.dead_letters import DeadLetter
from shared.bus.record import Outgoing, Partition, Record

GROUP = "tidemill-dead-replay"
SINGLE_GROUP = f"{GROUP}-single"
"""The group that keeps which letters were replayed one by one, by time, or by their headers."""

ATTEMPTS = 3
"""Replays of a record until it is left out: one that fails that often needs a person."""

Marks = Mapping[str, Mapping[Partition, int]]
Singles = Mapping[Partition, frozenset[int]]
"""Offsets of letters that were replayed one by one."""

Letters = Sequence[tuple[Record, DeadLetter]]


def group_of(reason: str | None) -> str:
    """Return the group that keeps how far the letters of one reason, or of all, were replayed."""
    return GROUP if reason is None else f"{GROUP}-{reason}"


class Fate(Enum):
    """Decision of a replay about one letter."""

    SEND = auto()
    OLD = auto()
    """An earlier replay took it."""

    TOO_OFTEN = auto()
    """Its record was replayed so often already."""

    NO_VALUE = auto()
    """It was too large to hold the value of its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Decides which letters are due for a replay."""

    marks: Marks
    """The offset to go on at in each partition, by group."""

    singles: Singles = field(default_factory=dict)
    attempts: int = ATTEMPTS

    def fate(self, record: Record, letter: DeadLetter) -> Fate:
        """Return the decision about a letter."""
        groups = (group_of(None), group_of(letter.reason))
        next_offset = max(self.marks.get(group, {}).get(record.partition, 0) for group in groups)
        if record.offset < next_offset or record.offset in self.singles.get(record.partition, ()):
            return Fate.OLD
        if letter.attempt >= self.attempts:
            return Fate.TOO_OFTEN
        return Fate.NO_VALUE if letter.value_left_out else Fate.SEND


@dataclass(frozen=True)
class Plan:
    """Letters that a replay sends, and those that it leaves out."""

    rule: Rule
    mark: Mapping[Partition, int]
    """The mark that this replay moves, also where the rule passes over it."""

    found: Letters
    """All selected letters, without their values."""

    singles: Singles = field(default_factory=dict)
    """Letters that were replayed one by one before, also where the rule passes over them."""

    def first(self, count: int) -> "Plan":
        """Return the plan of the first letters only, of which `count` are to be sent."""
        due = [index for index, pair in enumerate(self.found) if self.rule.fate(*pair) is Fate.SEND]
        return replace(self, found=self.found[: due[count - 1] + 1]) if count < len(due) else self

    @cached_property
    def ends(self) -> Mapping[Partition, int]:
        """Return the offset of the last letter of each partition; later ones may come from this replay."""
        return ends_of(self.found)

    @cached_property
    def fates(self) -> Counter[Fate]:
        """Return the number of letters of each decision."""
        return Counter(self.rule.fate(*pair) for pair in self.found)

    @property
    def total(self) -> int:
        """Return the number of letters to send."""
        return self.fates[Fate.SEND]

    @cached_property
    def targets(self) -> Counter[str]:
        """Return the number of letters to send, by the topic that they go to."""
        return Counter(letter.original.topic for _, letter in self._of(Fate.SEND))

    @cached_property
    def originals(self) -> list[str]:
        """Return `TOPIC PARTITION:OFFSET` of the records whose letters hold no value."""
        letters = [letter for _, letter in self._of(Fate.NO_VALUE)]
        return [f"{each.original.topic} {each.original.number}:{each.original_offset}" for each in letters]

    def due(self, batch: Letters) -> Letters:
        """Return the letters to send among some, which hold their values."""
        return [pair for pair in batch if self._is_known(pair[0]) and self.rule.fate(*pair) is Fate.SEND]

    def with_singles(self, batch: Letters) -> "Plan":
        """Return the plan once these letters are replayed one by one as well."""
        singles = dict(self.singles)
        for record, _ in batch:
            singles[record.partition] = singles.get(record.partition, frozenset()) | {record.offset}
        return replace(self, singles=singles)

    def passed(self, batch: Letters) -> dict[Partition, int]:
        """Return the mark behind these letters, of each partition where it moves forward."""
        nexts = {record.partition: record.offset + 1 for record, _ in batch if self._is_known(record)}
        return {
            partition: offset for partition, offset in nexts.items() if offset > self.mark.get(partition, 0)
        }

    def _of(self, fate: Fate) -> Iterator[tuple[Record, DeadLetter]]:
        return (pair for pair in self.found if self.rule.fate(*pair) is fate)

    def _is_known(self, record: Record) -> bool:
        return record.offset <= self.ends.get(record.partition, -1)


def outgoing(due: Letters, without: frozenset[str] = frozenset()) -> dict[str, list[Outgoing]]:
    """Return the records of letters by the topic that they go to, without the headers of these names."""
    records: defaultdict[str, list[Outgoing]] = defaultdict(list)
    for _, letter in due:
        records[letter.original.topic].append(letter.replay(without))
    return records


def ends_of(found: Letters) -> dict[Partition, int]:
    """Return the offset of the last letter of each partition, of letters in order."""
    return {record.partition: record.offset for record, _ in found}


def within(found: Marks, spans: Mapping[Partition, range]) -> Marks:
    """Return the marks without those beyond the end of a partition, whose topic was created anew."""
    return {
        group: {partition: offset for partition, offset in marked.items() if offset <= spans[partition].stop}
        for group, marked in found.items()
    }


def singles_within(
    found: Singles, spans: Mapping[Partition, range], done: Mapping[Partition, int]
) -> Singles:
    """Return those replayed one by one that are still there, and that are not `done` with all others.

    None of a partition whose topic was created anew.
    """
    return {
        partition: frozenset(
            each for each in offsets if each >= max(spans[partition].start, done.get(partition, 0))
        )
        for partition, offsets in found.items()
        if max(offsets, default=-1) < spans[partition].stop
    }
