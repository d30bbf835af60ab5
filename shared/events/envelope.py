"""What every event on every topic carries."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self
from uuid import UUID, uuid5

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from shared.reasons import Reason

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No event is of this time or later: arithmetic with the times of events must not overflow."""


def _plausible(time: datetime) -> datetime:
    if not EARLIEST <= time < LATEST:
        raise PydanticCustomError(
            Reason.TIME_OUT_OF_RANGE, f"not from {EARLIEST.year} to before {LATEST.year}"
        )
    return time


Time = Annotated[AwareDatetime, AfterValidator(_plausible)]


class Event(BaseModel):
    """A fact that has happened; immutable, and named in the past tense.

    To change one: add an optional field, or publish a `.v2` class on a new topic. Readers
    ignore fields that they do not know, so an old reader survives a newer writer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

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
