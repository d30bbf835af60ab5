"""Routes of customer messages, as the support bot chose them."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.events.customer import Channel
from shared.events.decision import Prediction, Share
from shared.events.envelope import Event, Time


class Lane(StrEnum):
    """Handling of a message: the bot answers, a person approves a draft, or a person answers."""

    AUTO = "auto"
    DRAFT = "draft"
    HUMAN = "human"


class Priority(StrEnum):
    """Urgency for a person."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class SupportMessageRouted(Event):
    """The bot chose queue, priority and lane for a message. Kafka key: `conversation_id`."""

    name: ClassVar[str] = "support.message_routed.v1"
    key_field: ClassVar[str] = "conversation_id"

    cause_id: UUID
    """The analyzed message's `event_id`."""

    message_id: UUID
    """The `event_id` of the customer's message."""

    conversation_id: str
    customer_id: str | None = None
    text: str
    lane: Lane
    """Handling of the message: the bot answers, a person approves a draft, or a person answers."""

    queue: str
    """Team that the message is routed to, from the table of answers; `triage` when unknown."""

    priority: Priority
    reply: str | None
    """The answer to send (lane auto), to propose (draft), or to offer as first help; null in triage."""

    reason: str
    """Reason for the lane, in one sentence for people."""

    intent: Prediction | None = None
    sentiment: Prediction | None = None
    received_at: Time
    """When the customer's message was received."""

    channel: Channel | None = None
    """Channel of the message."""

    model: str | None = None
    """The model whose prediction was followed."""

    model_version: str | None = None
    """Its version; the analyzed message, `cause_id`, has the whole decision record."""

    out_of_scope: Share | None = None
    """How foreign the message is to the model, 0 to 1; null where that was not measured."""
