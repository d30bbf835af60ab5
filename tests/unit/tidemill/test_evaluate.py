"""The marks of an exam, from the results that came back."""

from dataclasses import replace
from uuid import uuid5

import pytest

from evaluation.figures import span_figures
from shared.clock import utc_now
from shared.events import CustomerMessageReceived, Prediction
from shared.inference.spans import Span
from tidemill.commands.evaluate import PipelineOutput, marks
from tidemill.exams import Exam
from tidemill.rows import NAMESPACE

EXPECTED = ("cat", "cat", "dog", "dog")


def messages(name: str, count: int) -> list[CustomerMessageReceived]:
    return [
        CustomerMessageReceived(
            event_id=uuid5(NAMESPACE, f"{name} {row}"), occurred_at=utc_now(), conversation_id="c", text="t"
        )
        for row in range(count)
    ]


def an_exam(foreign_count: int = 0) -> Exam:
    return Exam(
        model="pets",
        output="logits",
        events=messages("known", len(EXPECTED)),
        expected=EXPECTED,
        answer=lambda _: None,
        foreign=messages("foreign", foreign_count),
    )


def sure(label: str, confidence: float, out_of_scope: float | None = None) -> PipelineOutput:
    return PipelineOutput(
        Prediction(label=label, confidence=confidence, runner_up="owl", margin=0.1), out_of_scope
    )


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


def test_foreign_inputs_count_by_how_well_they_are_told_apart() -> None:
    exam = an_exam(foreign_count=2)
    answers = {event.event_id: sure("cat", 0.9, 0.2) for event in exam.events}
    answers |= {
        exam.foreign[0].event_id: sure("cat", 0.9, 0.8),
        exam.foreign[1].event_id: sure("cat", 0.9, 0.1),
    }

    *_, told_apart = marks(exam, answers)

    assert (told_apart["metric"], told_apart["value"]) == ("logits out-of-scope AUROC", 50.0)


def test_a_model_that_can_not_tell_foreign_inputs_gets_no_mark_for_it() -> None:
    exam = an_exam(foreign_count=1)

    results = marks(exam, {event.event_id: sure("cat", 0.9) for event in exam.sent})

    assert not any("AUROC" in each["metric"] for each in results)


def test_a_foreign_input_without_an_answer_is_counted_and_told_apart_from_nothing() -> None:
    exam = an_exam(foreign_count=1)

    results = marks(exam, {event.event_id: sure("cat", 0.9, 0.5) for event in exam.events})

    assert (results[-1]["value"], results[-1]["unanswered"]) == (0.0, 1)


def test_names_count_when_type_and_both_ends_are_right() -> None:
    right = frozenset({Span("person", 0, 4), Span("place", 8, 13)})
    exam = replace(an_exam(), expected=[right] * len(EXPECTED), figures=span_figures)
    nothing: frozenset[Span] = frozenset()
    said = (right, frozenset({Span("place", 0, 4)}), nothing)

    (result,) = marks(
        exam,
        {
            event.event_id: PipelineOutput(spans, None)
            for event, spans in zip(exam.events, said, strict=False)
        },
    )

    assert (result["metric"], result["unanswered"]) == ("logits entity F1", 1)
    assert result["value"] == pytest.approx(100 * 2 * 2 / (3 + 8), abs=0.01)
