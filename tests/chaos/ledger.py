"""The checker: from what Kafka holds after healing, whether every promise was kept."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from shared.bus.dead_letters import DeadLetter
from shared.bus.record import Partition, Record

Where = tuple[Partition, int]
"""Partition and offset of an input: what it is known by, readable or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Expected results of one input."""

    cause: UUID
    answers: Mapping[str, str]
    """By version of the model: the result without what differs between two right ones, such as times."""


Recompute = Callable[[Record], Wanted | None]
"""Returns what must come of an input; None where it can never work and belongs to the dead letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One result as it was read back."""

    cause: UUID
    key: bytes | None
    answer: str
    version: str
    """Which version of the model it says it is from."""

    trace_id: str
    at_ms: int
    """When it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """All that Kafka holds; records of one partition in their order."""

    inputs: Sequence[Record]
    results: Sequence[Told]
    dead: Sequence[DeadLetter]
    committed: Mapping[Partition, int]
    """The offset that the group reads next, of each input partition where it has committed any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Violations by kind, with the positions of the inputs where known."""

    message_count: int
    lost: Sequence[Where]
    """Neither answered nor a dead letter."""

    repeated_count: int
    """Results and dead letters beyond one an input."""

    disordered: Sequence[bytes | None]
    """Keys whose inputs were first answered in another order."""

    wrong: Sequence[UUID]
    """Causes of results that differ from what the version they name would say, or that no input caused."""

    healthy_dead: Sequence[Where]
    """Dead letters of inputs that can be answered."""

    answered_dead: Sequence[Where]
    """Inputs with both a result and a dead letter."""

    untraced: Sequence[UUID]
    """Causes of results that lost the trace of their input."""

    committed_beyond: Sequence[Partition]
    """Partitions where the group's offset lies behind an input that is not finished."""

    lag_records: int
    """Inputs that the group has not committed."""

    versions: Mapping[str, int]
    """How many results name each version of the model."""

    def faults(self, *, repeats_allowed: int = 0, versions: Collection[str] = ()) -> list[str]:
        """Return each broken promise in words; empty when all were kept and all `versions` answered."""
        counts = {
            "lost": len(self.lost),
            "out of order": len(self.disordered),
            "wrong": len(self.wrong),
            "healthy in the dead letters": len(self.healthy_dead),
            "both answered and dead": len(self.answered_dead),
            "without their trace": len(self.untraced),
            "committed though unfinished": len(self.committed_beyond),
            "not committed": self.lag_records,
            "repeated beyond what is allowed": max(0, self.repeated_count - repeats_allowed),
            "versions without a result": len(set(versions) - set(self.versions)),
        }
        return [f"{count:,} {what}" for what, count in counts.items() if count]


def audit(books: Books, recompute: Recompute, trace_of: Callable[[Record], str]) -> Audit:
    """Return what is wrong with `books`.

    Two inputs with one id, such as a replay, must be answered once at least, and may be twice. `trace_of`
    returns the trace of an input, empty where it names none.
    """
    wanted = {(record.partition, record.offset): recompute(record) for record in books.inputs}
    answers = Counter(told.cause for told in books.results)
    asked = Counter(each.cause for each in wanted.values() if each is not None)
    dead = Counter((letter.original, letter.original_offset) for letter in books.dead)
    right = {each.cause: each.answers for each in wanted.values() if each is not None}
    unfinished = [
        where for where, each in wanted.items() if not dead[where] and not _has_answer(each, answers)
    ]
    return Audit(
        message_count=len(books.inputs),
        lost=unfinished,
        repeated_count=sum((answers - asked).values()) + sum(count - 1 for count in dead.values()),
        disordered=_disordered(books, wanted),
        wrong=[
            told.cause for told in books.results if right.get(told.cause, {}).get(told.version) != told.answer
        ],
        healthy_dead=[where for where in dead if wanted.get(where) is not None],
        answered_dead=[where for where in dead if _has_answer(wanted.get(where), answers)],
        untraced=_untraced(books, wanted, trace_of),
        committed_beyond=sorted(
            {where[0] for where in unfinished if where[1] < books.committed.get(where[0], 0)}
        ),
        lag_records=sum(record.offset >= books.committed.get(record.partition, 0) for record in books.inputs),
        versions=dict(Counter(told.version for told in books.results)),
    )


def _has_answer(wanted: Wanted | None, answers: Counter[UUID]) -> bool:
    return wanted is not None and answers[wanted.cause] > 0


def _disordered(books: Books, wanted: Mapping[Where, Wanted | None]) -> list[bytes | None]:
    """Return the keys whose first answers are not in the order of their inputs."""
    asked: dict[bytes | None, list[UUID]] = {}
    for record in books.inputs:
        each = wanted[record.partition, record.offset]
        if each is not None:
            asked.setdefault(record.key, []).append(each.cause)
    told: dict[bytes | None, dict[UUID, None]] = {}
    for result in books.results:
        told.setdefault(result.key, {})[result.cause] = None
    return [key for key, causes in asked.items() if not _in_order(list(told.get(key, ())), causes)]


def _in_order(told: Sequence[UUID], asked: Sequence[UUID]) -> bool:
    """Return whether the causes that were answered come as they were asked; missing ones don't matter."""
    place = {cause: number for number, cause in reversed(list(enumerate(asked)))}
    places = [place[cause] for cause in told if cause in place]
    return places == sorted(places)


def _untraced(
    books: Books, wanted: Mapping[Where, Wanted | None], trace_of: Callable[[Record], str]
) -> list[UUID]:
    traces: dict[UUID, set[str]] = {}
    for record in books.inputs:
        each = wanted[record.partition, record.offset]
        if each is not None:
            traces.setdefault(each.cause, set()).add(trace_of(record))
    return [told.cause for told in books.results if not _carries_on(told, traces.get(told.cause))]


def _carries_on(told: Told, traces: set[str] | None) -> bool:
    """Return whether a result has a trace of its inputs; any one will do where an input names none."""
    return traces is None or "" in traces or told.trace_id in traces


def longest_silence_s(books: Books, recompute: Recompute) -> float:
    """Return the longest time in which an input partition that had work got no result, in seconds."""
    place = {
        each.cause: record.partition for record in books.inputs if (each := recompute(record)) is not None
    }
    moments: dict[Partition, list[int]] = {}
    for result in books.results:
        if result.cause in place:
            moments.setdefault(place[result.cause], []).append(result.at_ms)
    gaps = [later - earlier for times in moments.values() for earlier, later in pairwise(sorted(times))]
    return max(gaps, default=0) / 1000
