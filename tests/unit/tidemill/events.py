"""Events and records for the tests of the command line."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.bus.record import Partition, Record
from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageAnalyzed,
    ImageKind,
    Lane,
    NewsArticleAnalyzed,
    Prediction,
    Priority,
    SentimentAlertRaised,
    SupportMessageRouted,
)
from shared.events.codec import encode
from shared.events.headers import new_trace
from tests.support.events import decision

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
DECISION = decision("any")


def a_prediction(label: str) -> Prediction:
    return Prediction(label=label, confidence=0.97, runner_up="other", margin=0.95)


def a_message(text: str = "Where is my card?") -> CustomerMessageReceived:
    return CustomerMessageReceived(
        event_id=uuid4(), occurred_at=NOW, conversation_id="c-1", channel=Channel.CHAT, text=text
    )


def a_route(message: CustomerMessageReceived, reply: str | None = None) -> SupportMessageRouted:
    return SupportMessageRouted(
        event_id=uuid4(),
        occurred_at=NOW,
        cause_id=uuid4(),
        message_id=message.event_id,
        conversation_id=message.conversation_id,
        text=message.text,
        lane=Lane.AUTO if reply else Lane.HUMAN,
        queue="cards",
        priority=Priority.NORMAL if reply else Priority.URGENT,
        reply=reply,
        reason="Someone must look.",
        intent=a_prediction("card_arrival"),
        received_at=NOW,
    )


def a_story(company: str, cause_id: UUID | None = None) -> NewsArticleAnalyzed:
    return NewsArticleAnalyzed(
        event_id=uuid4(),
        occurred_at=NOW,
        cause_id=cause_id or uuid4(),
        source="Wire",
        company=company,
        headline=f"{company} recalls its soup",
        published_at=NOW,
        topic=a_prediction("Company | Product News"),
        sentiment=a_prediction("bearish"),
        negative=0.97,
        decision=DECISION,
    )


def an_alert(company: str) -> SentimentAlertRaised:
    return SentimentAlertRaised(
        event_id=uuid4(),
        occurred_at=NOW,
        cause_id=uuid4(),
        alert_id=uuid4(),
        company=company,
        topic="products",
        negative_mean=0.9,
        story_count=8,
        negative_count=7,
        window_start=NOW,
        window_end=NOW,
        evidence=(),
    )


def an_image(label: str) -> ImageAnalyzed:
    return ImageAnalyzed(
        event_id=uuid4(),
        occurred_at=NOW,
        cause_id=uuid4(),
        case_id="digit-001",
        kind=ImageKind.DIGIT,
        label=a_prediction(label),
        decision=DECISION,
    )


def a_record(event: Event, *, at_ms: int = 0, offset: int = 0) -> Record:
    topic, key, value, headers = encode(event, source="/test", trace=new_trace())
    return Record(Partition(topic, 0), offset, key, value, headers, at_ms)


def a_broken_record(*, offset: int, at_ms: int = 0) -> Record:
    partition = Partition(CustomerMessageReceived.name, 0)
    return Record(partition, offset, b"c-1", b"no json", (), at_ms)
