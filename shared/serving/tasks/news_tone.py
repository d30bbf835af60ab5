"""Topic of a story, and its tone: positive or negative for the company."""

from shared.events import DecisionRecord, NewsArticleAnalyzed, NewsArticlePublished
from shared.inference.batcher import Row
from shared.inference.prediction import predict, probabilities
from shared.repository.bundle import ModelBundle
from shared.serving.tasks.text import text_task

_NEGATIVE = "Bearish"


def raw(event: NewsArticlePublished) -> str:
    """Return headline and body as one text."""
    return f"{event.headline} {event.body}".strip()


def result(
    event: NewsArticlePublished, row: Row, bundle: ModelBundle, decision: DecisionRecord
) -> NewsArticleAnalyzed:
    """Return the story with its topic and tone."""
    topic, sentiment = bundle.outputs["topic_logits"], bundle.outputs["sentiment_logits"]
    tones = probabilities(row["sentiment_logits"], sentiment)
    return NewsArticleAnalyzed(
        event_id=event.child_id(NewsArticleAnalyzed),
        occurred_at=event.occurred_at,
        cause_id=event.event_id,
        source=event.source,
        company=event.company,
        headline=event.headline,
        published_at=event.occurred_at,
        topic=predict(probabilities(row["topic_logits"], topic), topic),
        sentiment=predict(tones, sentiment),
        negative=min(1.0, float(tones[sentiment.labels.index(_NEGATIVE)])),
        decision=decision,
    )


TASK = text_task("news_tone", raw=raw, result=result)
