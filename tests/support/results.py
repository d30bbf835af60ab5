"""Results to correct, as the models and the support bot publish them."""

from datetime import UTC, datetime
from uuid import uuid4

from shared.events import (
    Channel,
    DecisionRecord,
    ImageAnalyzed,
    ImageKind,
    Lane,
    NewsArticleAnalyzed,
    Prediction,
    Priority,
    SupportMessageRouted,
)
from tests.support.events import decision

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def said(label: str, runner_up: str = "other", *, margin: float = 0.3) -> Prediction:
    """Return a prediction of this label."""
    return Prediction(label=label, confidence=0.6, runner_up=runner_up, margin=margin)


def a_routed_message(
    conversation_id: str = "c-1",
    *,
    intent: Prediction | None = None,
    sentiment: Prediction | None = None,
    lane: Lane = Lane.HUMAN,
    out_of_scope: float | None = 0.2,
) -> SupportMessageRouted:
    """Return the route of a message; a review where it has a sentiment."""
    return SupportMessageRouted(
        event_id=uuid4(),
        occurred_at=NOON,
        cause_id=uuid4(),
        message_id=uuid4(),
        conversation_id=conversation_id,
        text="Where is my card?",
        lane=lane,
        queue="triage",
        priority=Priority.NORMAL,
        reply=None,
        reason="The model is unsure.",
        intent=intent or (None if sentiment else said("card_arrival", "card_linking")),
        sentiment=sentiment,
        received_at=NOON,
        channel=Channel.REVIEW if sentiment else Channel.CHAT,
        model="review_sentiment" if sentiment else "support_intent",
        model_version="1",
        out_of_scope=out_of_scope,
    )


def an_analyzed_story(company: str = "Nestle", *, margin: float = 0.3) -> NewsArticleAnalyzed:
    """Return the analysis of a story."""
    return NewsArticleAnalyzed(
        event_id=uuid4(),
        occurred_at=NOON,
        cause_id=uuid4(),
        source="Wire",
        company=company,
        headline=f"{company} recalls its soup",
        published_at=NOON,
        topic=said("Company | Product News", "Earnings"),
        sentiment=said("Bearish", "Neutral", margin=margin),
        negative=0.6,
        decision=decision("news_tone"),
    )


def an_analyzed_image(case_id: str = "case-1", *, decided: DecisionRecord | None = None) -> ImageAnalyzed:
    """Return the analysis of an image of a digit."""
    return ImageAnalyzed(
        event_id=uuid4(),
        occurred_at=NOON,
        cause_id=uuid4(),
        case_id=case_id,
        kind=ImageKind.DIGIT,
        label=said("3", "8"),
        decision=decided or decision("digit"),
    )
