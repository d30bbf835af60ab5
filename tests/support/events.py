"""Events to test with: a plain message, and strategies for every shape of every event."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from shared.events import (
    Channel,
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    DecisionRecord,
    Event,
    Evidence,
    ImageAnalyzed,
    ImageKind,
    ImageReceived,
    Lane,
    NewsArticleAnalyzed,
    NewsArticlePublished,
    Prediction,
    Priority,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
    SupportMessageRouted,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def message(number: int = 1, *, text: str = "Where is my card?") -> CustomerMessageReceived:
    """Return message `number`, each in a conversation of its own."""
    return CustomerMessageReceived(
        event_id=UUID(int=number), occurred_at=NOON, conversation_id=f"case-{number}", text=text
    )


_words = st.text(min_size=1, max_size=200)
_texts = st.text(min_size=1, max_size=2000).filter(lambda text: not text.isspace())
_shares = st.floats(0.0, 1.0)
_ms = st.floats(0.0, 1e9)
_counts = st.integers(0, 10**6)
_zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_times = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=_zones)  # noqa: DTZ001 - it adds the zones
_channels = st.sampled_from(Channel)
_kinds = st.sampled_from(ImageKind)
_predictions = st.builds(Prediction, label=_words, confidence=_shares, runner_up=_words, margin=_shares)
_decisions = st.builds(
    DecisionRecord,
    model=_words,
    model_version=_words,
    preprocessing_hash=_words,
    cached=st.booleans(),
    degraded=st.booleans(),
    queue_ms=_ms,
    infer_ms=_ms,
    total_ms=_ms,
    trace_id=_words,
)
_evidence = st.builds(
    Evidence,
    article_id=st.uuids(),
    headline=_words,
    source=_words,
    published_at=_times,
    negative=_shares,
    reprint_count=_counts,
)
_Fields = dict[str, st.SearchStrategy[Any]]
_customer: _Fields = {"conversation_id": _words, "customer_id": st.none() | _words, "text": _texts}
_news: _Fields = {"source": _words, "company": _words, "headline": _texts}
_judged: _Fields = {"cause_id": st.uuids(), "decision": _decisions}
_understood: _Fields = {"intent": st.none() | _predictions, "sentiment": st.none() | _predictions}
_alert: _Fields = {
    "cause_id": st.uuids(),
    "alert_id": st.uuids(),
    "company": _words,
    "topic": _words,
    "negative_mean": _shares,
    "story_count": _counts,
    "negative_count": _counts,
    "window_start": _times,
    "window_end": _times,
    "evidence": st.lists(_evidence, max_size=3).map(tuple),
}
_FIELDS: dict[type[Event], _Fields] = {
    CustomerMessageReceived: {**_customer, "channel": _channels},
    CustomerMessageAnalyzed: {**_customer, **_judged, **_understood, "channel": _channels},
    NewsArticlePublished: {**_news, "body": st.text(max_size=2000)},
    NewsArticleAnalyzed: {
        **_news,
        **_judged,
        "published_at": _times,
        "topic": _predictions,
        "sentiment": _predictions,
        "negative": _shares,
    },
    ImageReceived: {"case_id": _words, "kind": _kinds, "content": st.binary(max_size=2000).map(b64encode)},
    ImageAnalyzed: {**_judged, "case_id": _words, "kind": _kinds, "label": _predictions},
    SupportMessageRouted: {
        **_customer,
        **_understood,
        "cause_id": st.uuids(),
        "message_id": st.uuids(),
        "lane": st.sampled_from(Lane),
        "queue": _words,
        "priority": st.sampled_from(Priority),
        "reply": st.none() | _texts,
        "reason": _words,
        "received_at": _times,
    },
    SentimentAlertRaised: _alert,
    SentimentAlertUpdated: _alert,
    SentimentAlertResolved: _alert,
}


@cache
def events_of(event: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for every shape of one event."""
    return st.builds(event, event_id=st.uuids(), occurred_at=_times, **_FIELDS[event])
