"""The marks of an exam, from the results that came back."""

from uuid import uuid5

import pytest

from shared.clock import utc_now
from shared.events import CustomerMessageReceived, Prediction
from tidemill.evaluate import marks
from tidemill.exams import Exam
from tidemill.rows import NAMESPACE

EXPECTED = ("cat", "cat", "dog", "dog")


def an_exam() -> Exam:
    events = [
        CustomerMessageReceived(
            event_id=uuid5(NAMESPACE, str(row)), occurred_at=utc_now(), conversation_id="c", text="t"
        )
        for row in range(len(EXPECTED))
    ]
    return Exam(model="pets", output="logits", events=events, expected=EXPECTED, answer=lambda _: None)


def sure(label: str, confidence: float) -> Prediction:
    return Prediction(label=label, confidence=confidence, runner_up="owl", margin=0.1)


def test_every_figure_that_results_can_tell_is_measured() -> None:
    exam = an_exam()
    said = (sure("cat", 0.9), sure("dog", 0.9), sure("dog", 0.9), sure("dog", 0.9))

    results = marks(exam, {event.event_id: each for event, each in zip(exam.events, said, strict=True)})

    assert {each["metric"]: each["value"] for each in results} == {
        "logits accuracy": 75.0,
        "logits macro F1": pytest.approx(100 * (2 / 3 + 4 / 5) / 2, abs=0.01),
        "logits calibration error": pytest.approx(15.0),
    }
    assert {(each["n"], each["unanswered"]) for each in results} == {(4, 0)}


def test_a_row_without_an_answer_is_wrong_and_counted() -> None:
    exam = an_exam()

    accuracy, *_ = marks(exam, {exam.events[0].event_id: sure("cat", 1.0)})

    assert (accuracy["value"], accuracy["unanswered"]) == (25.0, 3)
