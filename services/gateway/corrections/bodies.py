"""Bodies of the corrections' routes."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.bus.record import Partition, Place
from shared.events import Lane

Label = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]

MESSAGE_RESULTS = Literal["support.message_routed.v1", "customer.message_analyzed.v1"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class _ResultPlace(_Body):
    partition: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)]
    offset: Annotated[int, Field(ge=0, le=2**53 - 1, strict=True)]

    def place(self, topic: str) -> Place:
        """Return the place of a result on this topic."""
        return Place(Partition(topic, self.partition), self.offset)


class MessageResult(_ResultPlace):
    """Place of the result of a message."""

    topic: MESSAGE_RESULTS = "support.message_routed.v1"


class ArticleResult(_ResultPlace):
    """Place of the result of a story."""

    topic: Literal["news.article_analyzed.v1"] = "news.article_analyzed.v1"


class ImageResult(_ResultPlace):
    """Place of the result of an image."""

    topic: Literal["image.analyzed.v1"] = "image.analyzed.v1"


class Correcting(_Body):
    """Fields of every request for a correction. Text, prediction and model are taken from the result."""

    corrected_by: Name | None = None
    """Name of the person; by default that of the key. Without any, the correction never trains."""

    note: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    """Reason, in the person's words."""


class MessageCorrection(Correcting):
    """The right answer to a message."""

    result: MessageResult
    intent: Label | None = None
    """A label of the model, or `out_of_scope`."""

    sentiment: Label | None = None
    """Of a review: a label of the model, or `out_of_scope`."""

    lane: Lane | None = None
    queue: Name | None = None
    """Name of the right team."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.intent, self.sentiment, self.lane, self.queue) == (None, None, None, None):
            raise ValueError("name what is right: intent, sentiment, lane or queue")
        return self


class ArticleCorrection(Correcting):
    """The right answer to a story."""

    result: ArticleResult
    sentiment: Label | None = None
    """A label of the model, or `out_of_scope`."""

    topic: Label | None = None
    """A label of the model, or `out_of_scope`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.sentiment, self.topic) == (None, None):
            raise ValueError("name what is right: sentiment or topic")
        return self


class ImageCorrection(Correcting):
    """The right answer to an image."""

    result: ImageResult
    label: Label
    """A label of the model, or `out_of_scope`."""


class Corrected(_Body):
    """Receipt of a correction that Kafka has acknowledged."""

    event_id: UUID
    type: str
    """Name of the event, which is also its topic."""

    cause_id: UUID
    """The corrected result's `event_id`."""

    repeated: bool
    """True when the newest correction of the result said the same: nothing was written."""

    trains: bool
    """False when it has no name of a person, so that it never trains."""


class Kind(StrEnum):
    """Kinds of corrected results."""

    MESSAGES = "messages"
    ARTICLES = "articles"
    IMAGES = "images"


class Format(StrEnum):
    """Formats of an export."""

    JSONL = "jsonl"
    CSV = "csv"
