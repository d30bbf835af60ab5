"""One alert per story when a company's news turns negative: raised, updated, resolved."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.decision import Share
from shared.events.envelope import Event, Time


class Evidence(BaseModel):
    """One story behind an alert."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    article_id: UUID
    """The `event_id` of the published article."""

    headline: str
    source: str
    published_at: Time
    negative: Share
    reprint_count: Annotated[int, Field(ge=0)] = 0
    """Number of reprints of this story that were not counted."""


class SentimentAlert(Event):
    """Fields of all three alert events. Kafka key: `company`. Times are event time."""

    key_field: ClassVar[str] = "company"

    cause_id: UUID
    """The analyzed article that triggered the event."""

    alert_id: UUID
    """The same in every event about one alert."""

    company: str
    topic: str
    """The topic that most of the negative stories share."""

    negative_mean: Share
    """Mean probability of bad news over the stories of the window."""

    story_count: Annotated[int, Field(ge=0)]
    """Stories in the window, reprints not counted."""

    negative_count: Annotated[int, Field(ge=0)]
    window_start: Time
    window_end: Time
    evidence: tuple[Evidence, ...]
    """The most negative stories first."""


class SentimentAlertRaised(SentimentAlert):
    """A company's news turned negative."""

    name: ClassVar[str] = "sentiment.alert_raised.v1"


class SentimentAlertUpdated(SentimentAlert):
    """A raised alert grew: materially more negative stories."""

    name: ClassVar[str] = "sentiment.alert_updated.v1"


class SentimentAlertResolved(SentimentAlert):
    """The news of a company with an open alert calmed down."""

    name: ClassVar[str] = "sentiment.alert_resolved.v1"
