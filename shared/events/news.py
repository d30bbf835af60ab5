"""News about companies: as published, and as a model understood them."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.decision import DecisionRecord, Prediction, Share
from shared.events.envelope import Event, Time
from shared.events.text import OptionalText, Text


class NewsArticlePublished(Event):
    """A source published a story. Kafka key: `source`. `occurred_at` is the time of publication."""

    name: ClassVar[str] = "news.article_published.v1"
    key_field: ClassVar[str] = "source"

    source: Annotated[str, Field(min_length=1, max_length=200)]
    company: Annotated[str, Field(min_length=1, max_length=200)]
    headline: Text
    body: OptionalText = ""


class NewsArticleAnalyzed(Event):
    """A model judged a story. Kafka key: `company`, so that one reader sees all of a company's news."""

    name: ClassVar[str] = "news.article_analyzed.v1"
    key_field: ClassVar[str] = "company"

    cause_id: UUID
    source: str
    company: str
    headline: str
    published_at: Time
    topic: Prediction
    sentiment: Prediction
    negative: Share
    """Calibrated probability that the story is bad for the company."""

    decision: DecisionRecord
