"""Corrections: a person's right answer to a result. Each changes nothing by itself.

The newest correction of a result counts, by the order on its topic; it holds all that is right, also what an
earlier one said.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.customer import Channel
from shared.events.decision import Prediction, Share
from shared.events.envelope import Event
from shared.events.image import ImageKind
from shared.events.support import Lane

OUT_OF_SCOPE = "out_of_scope"
"""Right label of an input that none of the model's labels fits."""

Label = Annotated[str, Field(min_length=1, max_length=200)]
"""A label of the model, or `out_of_scope` where none of its labels is right."""


class _Correction(Event):
    """Fields of every correction; `occurred_at` is when it was made."""

    cause_id: UUID
    """The corrected result's `event_id`."""

    corrected_by: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Name of the person; a correction without one is never used to train."""

    key_id: str | None = None
    """Id of the API key that it came with; null where the gateway runs without keys."""

    note: Annotated[str, Field(max_length=2_000)] | None = None
    """Reason, in the person's words."""

    model: str | None = None
    """The model whose prediction is corrected."""

    model_version: str | None = None

    out_of_scope: Share | None = None
    """How foreign the input was to the model, 0 to 1; null where that was not measured."""


class SupportMessageCorrected(_Correction):
    """A person corrected the route of a message. Kafka key: `conversation_id`.

    Of `intent`, `sentiment`, `lane` and `queue` at least one is set; null means not corrected.
    """

    name: ClassVar[str] = "support.message_corrected.v1"
    key_field: ClassVar[str] = "conversation_id"

    message_id: UUID
    """The `event_id` of the customer's message."""

    conversation_id: str
    text: str
    channel: Channel | None = None
    predicted: Prediction | None = None
    """Intent, or sentiment of a review, as the model predicted it."""

    routed_lane: Lane | None = None
    """The lane that the bot chose; null where an analyzed message is corrected."""

    routed_queue: str | None = None
    """The team that the bot chose; null where an analyzed message is corrected."""

    intent: Label | None = None
    """The right intent."""

    sentiment: Label | None = None
    """The right sentiment of a review."""

    lane: Lane | None = None
    """The right lane."""

    queue: Label | None = None
    """The right team."""


class NewsArticleCorrected(_Correction):
    """A person corrected the tone or topic of a story. Kafka key: `company`.

    Of `sentiment` and `topic` at least one is set; null means not corrected.
    """

    name: ClassVar[str] = "news.article_corrected.v1"
    key_field: ClassVar[str] = "company"

    article_id: UUID
    """The published story's `event_id`."""

    company: str
    headline: str
    predicted_sentiment: Prediction | None = None
    predicted_topic: Prediction | None = None
    sentiment: Label | None = None
    """The right sentiment."""

    topic: Label | None = None
    """The right topic."""


class ImageCorrected(_Correction):
    """A person corrected the label of an image. Kafka key: `case_id`."""

    name: ClassVar[str] = "image.corrected.v1"
    key_field: ClassVar[str] = "case_id"

    image_id: UUID
    """The received image's `event_id`."""

    case_id: str
    kind: ImageKind
    predicted: Prediction | None = None
    label: Label
    """The right label."""
