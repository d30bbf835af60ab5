"""Figures of an exam from given and expected answers. All are shares."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evaluation.metrics import calibration_error, macro_f1
from evaluation.spans import span_scores
from shared.events import Prediction
from shared.inference.spans import Span

Figures = Callable[[Sequence[Any], Sequence[Any]], dict[str, float]]


def label_figures(given: Sequence[Prediction | None], expected: Sequence[str]) -> dict[str, float]:
    """Return the accuracy and related figures of labels; a missing answer is wrong, with confidence 0."""
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
    """Return the score of names in texts; a text without an answer has no names."""
    everything, *_ = span_scores([answer or frozenset() for answer in given], expected)
    return {"entity F1": everything.f1}
