"""Customer messages: as received, and with the predictions of a model."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.decision import DecisionRecord, Prediction
from shared.events.envelope import Event
from shared.events.text import Text


class Channel(StrEnum):
    """Channel of a message; a review is classified by sentiment, all others by intent."""

    CHAT = "chat"
    EMAIL = "email"
    REVIEW = "review"


class CustomerMessageReceived(Event):
    """A customer wrote something. Kafka key: `conversation_id`, so a conversation stays in order."""

    name: ClassVar[str] = "customer.message_received.v1"
    key_field: ClassVar[str] = "conversation_id"

    conversation_id: Annotated[str, Field(min_length=1, max_length=200)]
    customer_id: str | None = None
    """Passed on unchanged."""

    channel: Channel = Channel.CHAT
    """A review is classified by sentiment, all others by intent."""

    text: Text
    """Not blank, at most 20,000 characters."""


class CustomerMessageAnalyzed(Event):
    """A model read a customer's message. Kafka key: `conversation_id`.

    Exactly one of `intent` and `sentiment` is set: reviews get a sentiment, all others an intent.
    """

    name: ClassVar[str] = "customer.message_analyzed.v1"
    key_field: ClassVar[str] = "conversation_id"

    cause_id: UUID
    """The message's `event_id`."""

    conversation_id: str
    customer_id: str | None = None
    channel: Channel
    text: str
    intent: Prediction | None = None
    sentiment: Prediction | None = None
    decision: DecisionRecord
