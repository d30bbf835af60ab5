"""Alert events: raised, updated and resolved, each with its evidence."""

from typing import TypeVar
from uuid import UUID, uuid5

from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.window import Story, View
from shared.events import (
    Evidence,
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from shared.stateful.state import Value

Alert = SentimentAlertRaised | SentimentAlertUpdated | SentimentAlertResolved
AlertT = TypeVar("AlertT", SentimentAlertRaised, SentimentAlertUpdated, SentimentAlertResolved)


class OpenAlert(Value):
    """An alert that was raised and is not resolved."""

    alert_id: UUID
    company: str
    topic: str
    told_count: int
    """Negative stories when it was last raised or updated."""


def alert_event(
    event: type[AlertT],
    alert: OpenAlert,
    *,
    article: NewsArticleAnalyzed,
    view: View,
    limits: AlertSettings,
) -> AlertT:
    """Return the event of this alert that `article` causes; a replay gives the same one."""
    event_id = article.child_id(event)
    if article.company != alert.company:  # one article's time may end the alerts of several companies
        event_id = uuid5(event_id, alert.company)
    bad = view.negative(limits)
    return event(
        event_id=event_id,
        occurred_at=article.published_at,
        cause_id=article.event_id,
        alert_id=alert.alert_id,
        company=alert.company,
        topic=alert.topic,
        negative_mean=view.negative_mean,
        story_count=len(view.stories),
        negative_count=len(bad),
        window_start=view.start,
        window_end=view.end,
        evidence=tuple(_evidence(story) for story in bad[: limits.max_evidence_count]),
    )


def _evidence(story: Story) -> Evidence:
    return Evidence(
        article_id=story.article_id,
        headline=story.headline,
        source=story.source,
        published_at=story.published_at,
        negative=story.negative,
        reprint_count=story.reprint_count,
    )
