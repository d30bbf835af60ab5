"""Analyzed events as inference would publish them, from a model without mistakes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from prometheus_client import CollectorRegistry

from deploy.local.samples.news import NewsItem
from shared.bus.kafka.bus import KafkaBus
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.bus.stream import Source, Stream
from shared.events import Channel, CustomerMessageAnalyzed, NewsArticleAnalyzed, Prediction
from shared.settings import KafkaSettings
from tests.support.events import decision

_DECISION = decision("test")
_NEGATIVE = {"negative": 0.93, "neutral": 0.08, "positive": 0.03}


def sure(label: str) -> Prediction:
    """Return a prediction beyond doubt."""
    return Prediction(label=label, confidence=0.97, runner_up="something else", margin=0.95)


def analyzed_message(conversation_id: str) -> CustomerMessageAnalyzed:
    """Return a message whose intent is beyond doubt."""
    return CustomerMessageAnalyzed(
        event_id=uuid5(NAMESPACE_URL, f"analyzed {conversation_id}"),
        occurred_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        cause_id=uuid5(NAMESPACE_URL, conversation_id),
        conversation_id=conversation_id,
        channel=Channel.CHAT,
        text="Where is my card?",
        intent=sure("card_arrival"),
        decision=_DECISION,
    )


class Forward:
    """Answers each article with itself, on the topic of analyzed news."""

    async def handle(self, received: Sequence[Received[NewsArticleAnalyzed]]) -> Sequence[Outcome]:
        """Return one outcome for each article."""
        return [[NewsArticleAnalyzed.model_validate(each.event.model_dump())] for each in received]


def forwarding(kafka: KafkaSettings, *, reads: str) -> Stream:
    """Return a stream that copies articles from the topic `reads` to that of analyzed news."""
    elsewhere = type("NewsElsewhere", (NewsArticleAnalyzed,), {"name": reads})
    source = Source(reads=[elsewhere], group=reads, publisher="tests")
    metrics = StreamMetrics(CollectorRegistry())
    return Stream(KafkaBus(kafka), source, Forward(), limits=StreamLimits(), metrics=metrics)


def analyzed_news(item: NewsItem, *, run: str, number: int) -> NewsArticleAnalyzed:
    """Return a sample story judged as its author meant it, on a company of this run's own."""
    return NewsArticleAnalyzed(
        event_id=uuid5(NAMESPACE_URL, f"analyzed {run} {number}"),
        occurred_at=item.occurred_at,
        cause_id=uuid5(NAMESPACE_URL, f"{run} {number}"),
        source=item.source,
        company=f"{item.company} {run}",
        headline=item.headline,
        published_at=item.occurred_at,
        topic=sure("Company | Product News"),
        sentiment=sure(item.tone),
        negative=_NEGATIVE[item.tone],
        decision=_DECISION,
    )
