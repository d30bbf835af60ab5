"""The fields that every event on every topic has."""

import re
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Self
from uuid import UUID, uuid5

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from shared.reasons import Reason

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No event is of this time or later: arithmetic with the times of events must not overflow."""

# RFC 3339, section 5.6, which is what JSON Schema's `date-time` means; its note allows the space.
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _date_time(value: object) -> object:
    # pydantic alone also takes numbers, as text too, and reads them as seconds or milliseconds by their size.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "no_date_time", "a time is RFC 3339 text with a zone, like 2026-03-01T12:00:00Z"
    )


def _plausible(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        raise PydanticCustomError(
            Reason.TIME_OUT_OF_RANGE, f"not from {EARLIEST.year} to before {LATEST.year}"
        )
    return time


Time = Annotated[AwareDatetime, BeforeValidator(_date_time), AfterValidator(_plausible)]
"""A time of an event: RFC 3339 text with a zone in JSON, at least `EARLIEST` and before `LATEST`."""


class Event(BaseModel):
    """A fact that has happened; immutable, and named in the past tense.

    To change one: add an optional field, or publish a `.v2` class on a new topic. Readers
    ignore fields that they do not know, so an old reader survives a newer writer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    name: ClassVar[str]
    """Wire name, `subject.fact_in_past_tense.vN`; also the name of the topic."""

    key_field: ClassVar[str]
    """The field whose value is the Kafka key, so that its events stay in order."""

    key_required: ClassVar[bool] = True
    """False where order does not matter, so that a record without a key is welcome."""

    event_id: UUID
    """The same whenever the event is sent again."""

    occurred_at: Time
    """When it happened; a result has the time of what it answers."""

    @property
    def key(self) -> bytes:
        """Return the Kafka key, UTF-8."""
        return str(getattr(self, self.key_field)).encode()

    def child_id(self, event: "type[Event]") -> UUID:
        """Return the id of the one `event` caused by this one: the same on every replay."""
        return uuid5(self.event_id, event.name)

    def to_json(self) -> bytes:
        """Return the value of the Kafka record: UTF-8 JSON."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """Return the event in `value`. Raises pydantic's ValidationError on any other shape."""
        return cls.model_validate_json(value)
