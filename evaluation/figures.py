"""The figures of an exam: what was answered, beside what is right. All are shares."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evaluation.metrics import calibration_error, macro_f1
from evaluation.spans import span_scores
from shared.events import Prediction
from shared.inference.spans import Span

Figures = Callable[[Sequence[Any], Sequence[Any]], dict[str, float]]


def label_figures(given: Sequence[Prediction | None], expected: Sequence[str]) -> dict[str, float]:
    """Return how well labels are told; a row without an answer is a wrong one, of no confidence."""
    said = np.array([answer.label if answer else "" for answer in given])
    confidence = np.array([answer.confidence if answer else 0.0 for answer in given])
    right = said == np.array(expected)
    return {
        "accuracy": float(right.mean()),
        "macro F1": macro_f1(said, np.array(expected)),
        "calibration error": calibration_error(confidence, right),
    }


def span_figures(
    given: Sequence[frozenset[Span] | None], expected: Sequence[frozenset[Span]]
) -> dict[str, float]:
    """Return how well names are found; in a text without an answer, nothing is."""
    everything, *_ = span_scores([answer or frozenset() for answer in given], expected)
    return {"entity F1": everything.f1}
