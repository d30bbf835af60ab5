"""Asks the exported model, the file that Triton will serve, the questions of the test set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from training.train import UNKNOWN, Examples

_BATCH = 32
_TEMPERATURES = np.geomspace(0.25, 4.0, 97)

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The percentage of right answers of one output among `n` rows."""

    output: str
    percent: float
    n: int


def logits_of(model: Path, examples: Examples) -> dict[str, Logits]:
    """Return each output for all rows, float32 [rows, width], from batches of similar length."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    feed = session.get_inputs()[0].name
    order = np.argsort(examples.lengths(), kind="stable")
    parts = [
        session.run(names, {feed: batch.input_array()}) for batch in examples.batches(_BATCH, order=order)
    ]
    back = np.argsort(order, kind="stable")
    return {name: np.concatenate([part[column] for part in parts])[back] for column, name in enumerate(names)}


def accuracies(logits: Mapping[str, Logits], examples: Examples) -> list[Accuracy]:
    """Return how often each output's largest logit is the right one."""
    results = []
    for name, target in examples.targets.items():
        known = target != UNKNOWN
        right = logits[name].argmax(1)[known] == target[known]
        results.append(Accuracy(name, round(100.0 * float(right.mean()), 2), int(known.sum())))
    return results


def temperature(logits: Logits, target: NDArray[np.int64]) -> float:
    """Return what to divide logits by, so that the probability of the right answers is highest."""
    known = target != UNKNOWN
    losses = [_loss(logits[known] / scale, target[known]) for scale in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 4)


def _loss(logits: Logits, target: NDArray[np.int64]) -> float:
    shifted = logits - logits.max(1, keepdims=True)
    log_total = np.log(np.exp(shifted).sum(1))
    return float((log_total - shifted[np.arange(len(target)), target]).mean())
