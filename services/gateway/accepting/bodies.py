"""Bodies of requests that become events: the events' fields, without what the gateway decides."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageKind,
    ImageReceived,
    NewsArticlePublished,
)
from shared.events.envelope import Time
from shared.events.text import TEXT_MAX_CHARS, OptionalText, Text

When = Annotated[
    Time,
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": r"^(19[789]\d|2[01]\d\d)-"}),
]
"""A time from 1970 to before 2200."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Present = Annotated[Text, WithJsonSchema({"type": "string", "maxLength": TEXT_MAX_CHARS, "pattern": r"\S"})]
Optional = Annotated[OptionalText, WithJsonSchema({"type": "string", "maxLength": TEXT_MAX_CHARS})]


class Body(Protocol):
    """A body, parsed and checked."""

    def event(self, event_id: UUID, now: datetime) -> Event:
        """Return the event, validated by its own class: what is accepted has its topic's shape."""
        ...

    def model_dump_json(self) -> str:
        """Return the same text for equal bodies."""
        ...


class Fields(BaseModel):
    """Fields of every body. A misspelt one is refused, and so is `event_id`, which the gateway chooses."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    occurred_at: When | None = None
    """When it happened, RFC 3339 with a zone; the time of acceptance when it is left out."""


class Message(Fields):
    """A customer's message."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"conversation_id": "c-17", "text": "Where is my card?"}]}
    )

    conversation_id: Name
    """Messages of one conversation stay in order."""

    customer_id: str | None = None
    """Passed on unchanged."""

    channel: Channel = Channel.CHAT
    """A review is classified by sentiment, all others by intent."""

    text: Present
    """Not blank, at most 20,000 characters."""

    def event(self, event_id: UUID, now: datetime) -> CustomerMessageReceived:
        """Return the event of the message."""
        return CustomerMessageReceived(
            event_id=event_id,
            occurred_at=self.occurred_at or now,
            conversation_id=self.conversation_id,
            customer_id=self.customer_id,
            channel=self.channel,
            text=self.text,
        )


class Article(Fields):
    """A story about a company; `occurred_at` is the time of publication."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "Tapewatch",
                    "company": "Norvale Foods",
                    "headline": "Norvale Foods shares plunge 19% after recall of ready meals",
                }
            ]
        }
    )

    source: Name
    """Publisher of the story; stories of one source stay in order."""

    company: Name
    """Company that the story is about."""

    headline: Present
    """Not blank, at most 20,000 characters."""

    body: Optional = ""
    """At most 20,000 characters."""

    def event(self, event_id: UUID, now: datetime) -> NewsArticlePublished:
        """Return the event of the story."""
        return NewsArticlePublished(
            event_id=event_id,
            occurred_at=self.occurred_at or now,
            source=self.source,
            company=self.company,
            headline=self.headline,
            body=self.body,
        )


class ImageFields(Fields):
    """Facts about an image, which come beside its file."""

    case_id: Name
    """Case that the image belongs to."""

    kind: ImageKind
    """Content of the image; it selects the model."""


class Image(BaseModel):
    """An image: its file and the facts about it."""

    model_config = ConfigDict(frozen=True, ser_json_bytes="base64")

    fields: ImageFields
    content: bytes
    """The file itself."""

    def event(self, event_id: UUID, now: datetime) -> ImageReceived:
        """Return the event of the image."""
        return ImageReceived(
            event_id=event_id,
            occurred_at=self.fields.occurred_at or now,
            case_id=self.fields.case_id,
            kind=self.fields.kind,
            content=b64encode(self.content),
        )
