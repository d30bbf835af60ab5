"""Predictions from logits: calibrated confidence, runner-up and scope."""

import math

import numpy as np
from numpy.typing import NDArray

from shared.events import Prediction
from shared.inference.batcher import Row
from shared.repository.bundle import ModelBundle, OutputSpec

_CERTAIN = 30.0
"""Bound of the log odds: beyond it they are certain, and their exponentials stay finite."""


def probabilities(logits: NDArray[np.float32], spec: OutputSpec) -> NDArray[np.float64]:
    """Return the calibrated probability of each label, float64 [..., labels], summing to 1."""
    scaled = logits.astype(np.float64) / spec.temperature
    exponentials: NDArray[np.float64] = np.exp(scaled - scaled.max(-1, keepdims=True))
    exponentials /= exponentials.sum(-1, keepdims=True)
    return exponentials


def predict(chances: NDArray[np.float64], spec: OutputSpec) -> Prediction:
    """Return top label, confidence, runner-up and margin; there are at least two labels."""
    order = np.argpartition(chances, -2)[-2:]
    second, first = sorted(order.tolist(), key=chances.__getitem__)
    confidence, runner_up = float(chances[first]), float(chances[second])
    return Prediction(
        label=spec.labels[first],
        confidence=min(1.0, confidence),
        runner_up=spec.labels[second],
        margin=min(1.0, confidence - runner_up),
    )


def prediction(row: Row, bundle: ModelBundle) -> Prediction:
    """Return the prediction of a model whose only output is `logits`."""
    spec = bundle.outputs["logits"]
    return predict(probabilities(row["logits"], spec), spec)


def out_of_scope(logits: NDArray[np.float32], spec: OutputSpec) -> float | None:
    """Return how foreign a row is to the model, 0 to 1; None when the model's scope was not measured."""
    if spec.scope is None:
        return None
    return 1.0 / (1.0 + math.exp(-float(foreign_log_odds(logits, spec))))


def foreign_log_odds(logits: NDArray[np.float32], spec: OutputSpec) -> NDArray[np.float64]:
    """Return the log odds that a row is foreign, float64 [...] for logits [..., labels].

    They are 0, even odds, when the model's scope was not measured.
    """
    energy = np.logaddexp.reduce(logits.astype(np.float64), axis=-1)
    if spec.scope is None:
        return np.zeros_like(energy)
    log_odds: NDArray[np.float64] = spec.scope.steepness * (spec.scope.middle - energy)
    return log_odds.clip(-_CERTAIN, _CERTAIN)
