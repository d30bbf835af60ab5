"""Analyzed articles for tests, minutes after a fixed start, and a desk that reads them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from services.sentiment_alerts.handler import SentimentAlerts
from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.state import CompanyState
from shared.bus.record import Partition, Record
from shared.events import NewsArticleAnalyzed, Prediction
from tests.support.events import decision
from tests.support.stateful import Desk

START = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
COMPANY = "Alder Rail"
_SPACE = UUID("8d0c6f0e-4d53-4a37-9a53-0d1f7d0e7a11")
_DECISION = decision("news_tone")


def article(
    number: int, *, minute: float, negative: float = 0.9, company: str = COMPANY, headline: str = ""
) -> NewsArticleAnalyzed:
    """Return the analyzed article `number`, unlike all others unless it gets a headline."""
    label = "bearish" if negative >= 0.5 else "neutral"
    published_at = START + timedelta(minutes=minute)
    return NewsArticleAnalyzed(
        event_id=uuid5(_SPACE, f"analyzed {number}"),
        occurred_at=published_at,
        cause_id=uuid5(_SPACE, f"published {number}"),
        source="Harbour Wire",
        company=company,
        headline=headline or f"no{number} and{number}",
        published_at=published_at,
        topic=Prediction(label="Legal", confidence=0.9, runner_up="Macro", margin=0.8),
        sentiment=Prediction(label=label, confidence=0.9, runner_up="bullish", margin=0.8),
        negative=negative,
        decision=_DECISION,
    )


def record(event: NewsArticleAnalyzed, offset: int, *, partition: int = 0) -> Record:
    """Return the record that carries an article."""
    return Record(Partition(event.name, partition), offset, event.key, event.to_json(), (), 0)


def a_desk(
    limits: AlertSettings | None = None, *, now: datetime = START + timedelta(days=1)
) -> Desk[CompanyState]:
    """Return the alert service with an empty table."""
    return Desk(SentimentAlerts(limits or AlertSettings(), lambda: now), NewsArticleAnalyzed)
