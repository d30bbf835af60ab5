"""Rules that choose the lane of a message from its prediction and the table of answers. Pure."""

from dataclasses import dataclass

from services.support_bot.replies import Answer, Answers
from services.support_bot.settings import RoutingSettings
from shared.events import Lane, Prediction, Priority

TRIAGE_QUEUE = "triage"
"""Queue of messages whose label is uncertain."""


@dataclass(frozen=True, slots=True)
class Route:
    """Lane, queue and reply of a message, with the reason."""

    lane: Lane
    queue: str
    priority: Priority
    reply: str | None
    reason: str


def route(prediction: Prediction, answers: Answers, limits: RoutingSettings, *, degraded: bool) -> Route:
    """Return the route of a message with this prediction.

    A wrong answer costs more than a human's minute, so each doubt moves it away from the bot:
    first a whiff of urgency, then an unsure model, then an answer that only people may give.
    """
    urgent = _urgent_label(prediction, answers, limits)
    if urgent is not None:
        return _urgent(urgent, answers[urgent])
    answer = answers.get(prediction.label)
    if answer is None:
        return _triage(f"{prediction.label} is not in the table of answers.")
    if prediction.confidence < limits.draft_confidence:
        return _triage(f"The model's best guess, {_guess(prediction)}, is too unsure to build on.")
    if degraded:
        return _draft(answer, f"A fallback says {_guess(prediction)}; a human checks the draft.")
    if prediction.confidence < limits.auto_confidence or prediction.margin < limits.auto_margin:
        return _draft(answer, f"The model says {_guess(prediction)}; not sure enough to answer alone.")
    return _sure(prediction, answer)


def _urgent_label(prediction: Prediction, answers: Answers, limits: RoutingSettings) -> str | None:
    """Return the more probable urgent label of the best two, if it is probable enough to act on."""
    runner_up_confidence = prediction.confidence - prediction.margin
    for label, confidence in (
        (prediction.label, prediction.confidence),
        (prediction.runner_up, runner_up_confidence),
    ):
        answer = answers.get(label)
        if answer is not None and answer.urgent and confidence >= limits.urgent_confidence:
            return label
    return None


def _urgent(label: str, answer: Answer) -> Route:
    reason = f"It may be {label}, which a human must see at once."
    return Route(Lane.HUMAN, answer.queue, Priority.URGENT, answer.reply, reason)


def _triage(reason: str) -> Route:
    return Route(Lane.HUMAN, TRIAGE_QUEUE, Priority.NORMAL, None, reason)


def _draft(answer: Answer, reason: str) -> Route:
    return Route(Lane.DRAFT, answer.queue, answer.priority, answer.reply, reason)


def _sure(prediction: Prediction, answer: Answer) -> Route:
    reason = {
        Lane.AUTO: f"The model is sure: {_guess(prediction)}.",
        Lane.DRAFT: f"The model says {_guess(prediction)}; such answers are checked by a human.",
        Lane.HUMAN: f"The model says {_guess(prediction)}; a human takes these.",
    }[answer.lane]
    return Route(answer.lane, answer.queue, answer.priority, answer.reply, reason)


def _guess(prediction: Prediction) -> str:
    return f"{prediction.label} at {prediction.confidence:.0%}"
