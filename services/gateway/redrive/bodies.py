"""Bodies of the dead letters' routes."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from shared.bus.record import Partition, Place
from shared.events.envelope import Time
from shared.letters.cures import cure_of
from shared.letters.reading import Letter
from shared.letters.replays import ATTEMPTS
from shared.letters.selection import Wanted

PLACES_MAX = 500
SENT_MAX = 1_000
"""Letters that one call sends; it says how many are left, and the same call again sends the next ones."""

_OFFSET_MAX = 2**53 - 1
"""Largest whole number that every reader of JSON takes as it is."""

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class LetterPlace(_Body):
    """Place of a dead letter."""

    topic: Annotated[str, Field(min_length=1, max_length=249)]
    """Topic of dead letters, such as `customer.message_received.v1.dead`."""

    partition: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)]
    offset: Annotated[int, Field(ge=0, le=_OFFSET_MAX, strict=True)]

    def place(self) -> Place:
        """Return the place on the bus."""
        return Place(Partition(self.topic, self.partition), self.offset)


class LetterFilter(_Body):
    """Selection of dead letters; an empty one selects all."""

    topic: Text | None = None
    """Short or full name of the topic of their records, such as `messages`."""

    reason: Text | None = None
    """Reason code."""

    since: Time | None = None
    """Letters of this time or later."""

    until: Time | None = None
    """Letters before this time."""

    text: Text | None = None
    """Text in the name or value of a header of the record, or in the message; case is ignored."""

    def wanted(self) -> Wanted:
        """Return the selection."""
        return Wanted(
            name=self.topic,
            reason=self.reason,
            since_ms=_milliseconds(self.since),
            until_ms=_milliseconds(self.until),
            header_text=self.text,
        )


class ReplayRequest(_Body):
    """Letters to replay, by their places or by a filter, and how."""

    places: Annotated[list[LetterPlace], Field(min_length=1, max_length=PLACES_MAX)] | None = None
    filter: LetterFilter | None = None
    dry_run: StrictBool = True
    """True says what would be sent, and sends nothing."""

    leave_out_headers: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)
    """Names of headers that stay behind; by default all headers of the record go along."""

    attempts: Annotated[int, Field(ge=1, le=1_000, strict=True)] = ATTEMPTS
    """Leave out records that were replayed so often already."""

    again: StrictBool = False
    """Also letters that were replayed before."""

    @model_validator(mode="after")
    def _one_selection(self) -> Self:
        if (self.places is None) == (self.filter is None):
            raise ValueError('name either "places" or a "filter"; an empty filter selects all letters')
        return self

    def wanted(self) -> Wanted:
        """Return the selection."""
        if self.filter is not None:
            return self.filter.wanted()
        return Wanted(places=frozenset(each.place() for each in self.places or ()))


class Replayed(_Body):
    """Outcome of a replay, or of its dry run."""

    dry_run: bool
    sent: int
    """Letters that Kafka has acknowledged on their topics."""

    due: int
    """Letters still to send: the same call again sends them, 1,000 at a time."""

    targets: dict[str, int]
    """Letters that were due at the beginning of the call, by the topic that they go to."""

    replayed_before: int
    """Left out, as an earlier replay took them; `again` takes them too."""

    too_often: int
    """Left out, as they were refused again `attempts` times."""

    without_value: int
    """Left out, as they were too large to hold the value of their record."""

    originals: list[str]
    """`TOPIC PARTITION:OFFSET` of the records of those without a value, at most 100."""


class Content(_Body):
    """Bytes, as text where they are UTF-8, else as base64."""

    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, content: bytes | None) -> Self | None:
        """Return the bytes; None for null."""
        if content is None:
            return None
        try:
            return cls(text=content.decode())
        except UnicodeDecodeError:
            return cls(base64=base64.b64encode(content).decode())


class Header(_Body):
    """Header of a record."""

    name: str
    value: Content | None


class LetterItem(_Body):
    """A dead letter, without what its sender wrote."""

    topic: str
    partition: int
    offset: int
    time: datetime
    reason: str
    message: str
    """The fault, without the content of the record."""

    cure: str
    attempt: int
    """Number of earlier replays of the record."""

    value_left_out: bool
    """True when the letter was too large to hold the value of its record; it can't be replayed."""

    original_topic: str
    original_partition: int
    original_offset: int

    @classmethod
    def of(cls, letter: Letter) -> Self:
        """Return the facts of a letter."""
        return cls.model_validate(_facts(letter))


class LetterPage(_Body):
    """Dead letters in order of their time."""

    letters: list[LetterItem]
    next: str | None
    """Value of `after` for the next page; null on the last one."""


class WholeLetter(LetterItem):
    """A dead letter with headers and bytes of its record."""

    headers: list[Header]
    """Headers of the record."""

    value_bytes: int | None
    """Size of the value; null where there is none."""

    key: Content | None = None
    """Null also where the key of the caller lacks the scope `text:read`."""

    value: Content | None = None
    """Null also where the key of the caller lacks the scope `text:read`."""

    @classmethod
    def whole(cls, letter: Letter, *, with_text: bool) -> Self:
        """Return a letter with its bytes, or without those that may hold somebody's text."""
        _, dead = letter
        facts = _facts(letter) | {
            "headers": [Header(name=name, value=Content.of(value)) for name, value in dead.headers],
            "value_bytes": None if dead.value is None else len(dead.value),
        }
        if with_text:
            facts |= {"key": Content.of(dead.key), "value": Content.of(dead.value)}
        return cls.model_validate(facts)


def page_of(letters: Sequence[Letter], after: str | None) -> LetterPage:
    """Return a page; `after` leads to the next one."""
    return LetterPage(letters=[LetterItem.of(each) for each in letters], next=after)


def _facts(letter: Letter) -> dict[str, object]:
    record, dead = letter
    return {
        "topic": record.partition.topic,
        "partition": record.partition.number,
        "offset": record.offset,
        "time": datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        "reason": dead.reason,
        "message": dead.message,
        "cure": cure_of(dead.reason),
        "attempt": dead.attempt,
        "value_left_out": dead.value_left_out,
        "original_topic": dead.original.topic,
        "original_partition": dead.original.number,
        "original_offset": dead.original_offset,
    }


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1000)
