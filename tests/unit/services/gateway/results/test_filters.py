"""Filters of a stream."""

from typing import Any

import pytest

from services.gateway.results.filters import Filter
from shared.events import NewsArticleAnalyzed, SupportMessageRouted

ROUTED = {
    "lane": "human",
    "queue": "cards",
    "intent": {"label": "card_arrival", "confidence": 0.7},
    "sentiment": None,
}
STORY = {
    "company": "Acme",
    "topic": {"label": "lawsuit", "confidence": 0.9},
    "sentiment": {"label": "negative", "confidence": 0.6},
}
ALERT = {"company": "Acme", "topic": "lawsuit"}


@pytest.mark.parametrize(
    ("wanted", "body", "passes"),
    [
        (Filter(), ROUTED, True),
        (Filter(lanes=frozenset({"human", "draft"})), ROUTED, True),
        (Filter(lanes=frozenset({"auto"})), ROUTED, False),
        (Filter(lanes=frozenset({"auto"})), STORY, False),
        (Filter(queues=frozenset({"cards"})), ROUTED, True),
        (Filter(queues=frozenset({"cards"}), lanes=frozenset({"auto"})), ROUTED, False),
        (Filter(companies=frozenset({"Acme"})), ALERT, True),
        (Filter(companies=frozenset({"Acme"})), ROUTED, False),
        (Filter(labels=frozenset({"card_arrival"})), ROUTED, True),
        (Filter(labels=frozenset({"negative"})), STORY, True),
        (Filter(labels=frozenset({"lawsuit"})), ALERT, True),
        (Filter(labels=frozenset({"positive"})), STORY, False),
        (Filter(min_confidence=0.8), STORY, True),
        (Filter(min_confidence=0.8), ROUTED, False),
        (Filter(min_confidence=0.8, labels=frozenset({"negative"})), STORY, False),
        (Filter(min_confidence=0.1), ALERT, False),
        (Filter(min_confidence=0.1), {}, False),
    ],
)
def test_a_result_passes_when_each_condition_holds(
    wanted: Filter, body: dict[str, Any], *, passes: bool
) -> None:
    assert wanted.passes(SupportMessageRouted.name, body) is passes


def test_a_result_of_another_topic_does_not_pass() -> None:
    wanted = Filter(topics=frozenset({SupportMessageRouted.name}))

    assert not wanted.passes(NewsArticleAnalyzed.name, STORY)
