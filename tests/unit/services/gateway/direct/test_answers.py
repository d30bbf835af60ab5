"""Answers to direct calls, made from predictions."""

import pytest

from services.gateway.direct.answers import Classified, polarity
from shared.events import Prediction
from shared.repository.bundle import OutputSpec
from tests.support.events import decision

LABELS = OutputSpec(labels=("lost_card", "top_up"))


@pytest.mark.parametrize(("label", "class_id"), [("top_up", 1), ("an added intent", None)])
def test_the_class_id_is_the_place_of_the_label_among_those_of_the_model(
    label: str, class_id: int | None
) -> None:
    record = decision("support_intent")
    prediction = Prediction(label=label, confidence=0.9, runner_up="lost_card", margin=0.8)

    answer = Classified.by(prediction, LABELS, record)

    assert (answer.class_id, answer.label, answer.confidence) == (class_id, label, 0.9)
    assert answer.decision == record


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("positive", "positive"),
        ("negative", "negative"),
        ("Bullish", "positive"),
        ("Bearish", "negative"),
        ("Neutral", "neutral"),
    ],
)
def test_each_label_of_a_sentiment_is_a_polarity(label: str, meaning: str) -> None:
    assert polarity(label) == meaning
