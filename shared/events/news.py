"""News about companies: as published, and with the predictions of models."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.decision import DecisionRecord, Prediction, Share
from shared.events.envelope import Event, Time
from shared.events.text import OptionalText, Text


class NewsArticlePublished(Event):
    """A source published a story. Kafka key: `source`. `occurred_at` is the time of publication."""

    name: ClassVar[str] = "news.article_published.v1"
    key_field: ClassVar[str] = "source"

    source: Annotated[str, Field(min_length=1, max_length=200)]
    """Publisher of the story."""

    company: Annotated[str, Field(min_length=1, max_length=200)]
    """Company that the story is about; stories are counted by it."""

    headline: Text
    """Not blank, at most 20,000 characters."""

    body: OptionalText = ""
    """At most 20,000 characters."""


class EntityType(StrEnum):
    """Type of a named entity."""

    PERSON = "person"
    ORGANISATION = "organisation"
    """Companies above all; also teams, parties and agencies."""

    PLACE = "place"
    OTHER = "other"
    """Nationalities, events, works and products."""


class Entity(BaseModel):
    """A name in a headline, in its original spelling."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    type: EntityType
    text: str
    """The part of the published headline from `start` to before `end`."""

    start: Annotated[int, Field(ge=0)]
    """Number of Unicode code points of the published headline before the name."""

    end: Annotated[int, Field(ge=1)]
    """Number of Unicode code points of the published headline up to the end of the name."""

    confidence: Share
    """Calibrated probability of the least certain of its words."""


class NewsArticleAnalyzed(Event):
    """Models judged a story. Kafka key: `company`, so that one reader sees all of a company's news."""

    name: ClassVar[str] = "news.article_analyzed.v1"
    key_field: ClassVar[str] = "company"

    cause_id: UUID
    """The published story's `event_id`."""

    source: str
    company: str
    headline: str
    published_at: Time
    topic: Prediction
    sentiment: Prediction
    negative: Share
    """Calibrated probability that the story is bad for the company."""

    decision: DecisionRecord
    """Decision record of the model of topic and sentiment."""

    entities: tuple[Entity, ...] = ()
    """The names in the headline, in its order, none within another."""

    entities_decision: DecisionRecord | None = None
    """Decision record of the model that found the names; null when none was asked."""
