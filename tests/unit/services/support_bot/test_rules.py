"""Routing rules, one by one."""

import pytest

from services.support_bot.replies import load_answers
from services.support_bot.rules import TRIAGE_QUEUE, Route, route
from services.support_bot.settings import RoutingSettings
from shared.events import Lane, Prediction, Priority

ANSWERS = load_answers()
LIMITS = RoutingSettings()


def routed(label: str, confidence: float, runner_up: str = "exchange_rate", share: float = 0.0) -> Route:
    """Return the route of a prediction; `share` is the probability of `runner_up`."""
    prediction = Prediction(
        label=label, confidence=confidence, runner_up=runner_up, margin=confidence - share
    )
    return route(prediction, ANSWERS, LIMITS, degraded=False)


def test_a_sure_model_answers_at_once() -> None:
    answered = routed("card_arrival", 0.97)

    assert answered.lane is Lane.AUTO
    assert answered.queue == "cards"
    assert answered.reply == ANSWERS["card_arrival"].reply
    assert answered.reason == "The model is sure: card_arrival at 97%."


@pytest.mark.parametrize(
    ("confidence", "lane"),
    [(0.85, Lane.AUTO), (0.84, Lane.DRAFT), (0.5, Lane.DRAFT), (0.49, Lane.HUMAN), (0.0, Lane.HUMAN)],
)
def test_the_less_sure_the_model_the_more_a_human_does(confidence: float, lane: Lane) -> None:
    assert routed("card_arrival", confidence).lane is lane


def test_a_close_runner_up_turns_the_answer_into_a_draft() -> None:
    prediction = Prediction(
        label="card_arrival", confidence=0.9, runner_up="card_delivery_estimate", margin=0.1
    )

    assert route(prediction, ANSWERS, LIMITS, degraded=False).lane is Lane.DRAFT


def test_an_unsure_message_waits_in_triage_without_a_reply() -> None:
    unsure = routed("card_arrival", 0.3)

    assert (unsure.queue, unsure.priority, unsure.reply) == (TRIAGE_QUEUE, Priority.NORMAL, None)


@pytest.mark.parametrize("confidence", [0.25, 0.6, 0.99])
def test_an_urgent_message_goes_to_a_human_however_sure_the_model_is(confidence: float) -> None:
    urgent = routed("compromised_card", confidence)

    assert (urgent.lane, urgent.queue, urgent.priority) == (Lane.HUMAN, "security", Priority.URGENT)


def test_an_urgent_runner_up_is_enough_to_bring_a_human_in() -> None:
    urgent = routed("card_not_working", 0.6, runner_up="lost_or_stolen_card", share=0.3)

    assert (urgent.lane, urgent.priority) == (Lane.HUMAN, Priority.URGENT)
    assert "lost_or_stolen_card" in urgent.reason


def test_an_improbable_urgent_runner_up_changes_nothing() -> None:
    assert routed("card_not_working", 0.9, runner_up="lost_or_stolen_card", share=0.05).lane is Lane.AUTO


@pytest.mark.parametrize("label", [label for label, answer in ANSWERS.items() if answer.lane is Lane.DRAFT])
def test_what_only_people_may_answer_becomes_a_draft_at_any_certainty(label: str) -> None:
    assert routed(label, 1.0).lane is Lane.DRAFT


def test_a_label_outside_the_table_goes_to_triage() -> None:
    assert routed("weather_forecast", 1.0).queue == TRIAGE_QUEUE


def test_a_fallback_never_answers_alone() -> None:
    prediction = Prediction(label="card_arrival", confidence=1.0, runner_up="exchange_rate", margin=1.0)

    assert route(prediction, ANSWERS, LIMITS, degraded=True).lane is Lane.DRAFT


@pytest.mark.parametrize(
    ("label", "confidence", "lane", "priority"),
    [
        ("positive", 0.98, Lane.AUTO, Priority.LOW),
        ("positive", 0.7, Lane.DRAFT, Priority.LOW),
        ("negative", 0.7, Lane.DRAFT, Priority.HIGH),
        ("negative", 0.98, Lane.HUMAN, Priority.HIGH),
    ],
)
def test_reviews_are_thanked_for_or_taken_care_of(
    label: str, confidence: float, lane: Lane, priority: Priority
) -> None:
    review = routed(label, confidence, runner_up="other", share=1 - confidence)

    assert (review.lane, review.queue, review.priority) == (lane, "reviews", priority)


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="draft_confidence"):
        RoutingSettings(draft_confidence=0.9, auto_confidence=0.8)
