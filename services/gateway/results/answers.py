"""Answers to inputs: their results so far, or their refusal. Pure: no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.record import Record
from shared.catalogue import CAUSE_FIELDS, LAST_RESULTS, SERVICES
from shared.errors import RejectedError
from shared.events import DEAD_SUFFIX, INPUTS
from shared.events.headers import Headers, event_id_of

_CAUSE_FIELDS: Final = {event.name: field for event, field in CAUSE_FIELDS.items()}
_LAST_TOPICS: Final = frozenset(event.name for event in LAST_RESULTS)
_INPUT_TOPICS: Final = frozenset(event.name for event in INPUTS)

REFUSAL_TOPICS: Final = tuple(service.answers.name + DEAD_SUFFIX for service in SERVICES if service.answers)
"""Topics of the dead letters that end the work on an input."""


class Status(StrEnum):
    """State of the work on an input."""

    PENDING = "pending"
    """Further results will come."""

    DONE = "done"
    """All results are there."""

    REFUSED = "refused"
    """The input became a dead letter: no further result will come."""


@dataclass(frozen=True, slots=True)
class Result:
    """One result: its topic, and its value as the record has it, JSON."""

    topic: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason of a dead letter: its code, and one line without the content of the input."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is known about one input so far."""

    results: tuple[Result, ...] = ()
    refusal: Refusal | None = None

    @property
    def status(self) -> Status:
        """Return DONE where the last result is there, also after a refusal whose letter was replayed."""
        if any(result.topic in _LAST_TOPICS for result in self.results):
            return Status.DONE
        return Status.PENDING if self.refusal is None else Status.REFUSED

    @property
    def size_bytes(self) -> int:
        """Return the bytes of its results."""
        return sum(len(result.value) for result in self.results)

    def plus(self, part: Result | Refusal) -> "Answer":
        """Return the answer with another part; a repeated result replaces the one of its topic."""
        if isinstance(part, Refusal):
            return replace(self, refusal=part)
        others = tuple(result for result in self.results if result.topic != part.topic)
        return replace(self, results=(*others, part))

    def to_json(self) -> bytes:
        """Return the answer as it is cached."""
        results = [[result.topic, result.value.decode()] for result in self.results]
        refusal = self.refusal and [self.refusal.reason, self.refusal.detail]
        return json.dumps({"results": results, "refusal": refusal}).encode()

    @classmethod
    def from_json(cls, value: bytes) -> "Answer":
        """Return the answer that `to_json` wrote."""
        stored = json.loads(value)
        results = tuple(Result(topic, text.encode()) for topic, text in stored["results"])
        return cls(results, Refusal(*stored["refusal"]) if stored["refusal"] else None)


def parsed(value: bytes | None) -> Mapping[str, Any]:
    """Return the JSON object that a record holds; an empty one where it holds none."""
    try:
        body = from_json(value or b"")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def cause_of(topic: str, body: Mapping[str, Any]) -> UUID | None:
    """Return the `event_id` of the input that a result answers; None for any other record."""
    return _uuid(body.get(_CAUSE_FIELDS.get(topic, "")))


def input_of(value: bytes | None, headers: Headers) -> UUID | None:
    """Return the `event_id` of an input; that of its header where the event can't be read."""
    return _uuid(parsed(value).get("event_id")) or _uuid(event_id_of(headers))


def refusal_of(record: Record) -> tuple[UUID, Refusal] | None:
    """Return the refused input's `event_id` and the reason; None where a dead letter names no input."""
    try:
        letter = read_dead_letter(record)
    except RejectedError:
        return None
    event_id = _refused_input(letter)
    return None if event_id is None else (event_id, Refusal(letter.reason, letter.message))


def _refused_input(letter: DeadLetter) -> UUID | None:
    topic = letter.original.topic
    if topic in _INPUT_TOPICS:
        return input_of(letter.value, letter.headers)
    return cause_of(topic, parsed(letter.value))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
