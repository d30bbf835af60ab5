"""Figures of a classifier from its answers; NumPy only, so the running pipeline can be measured too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of equal width, the usual number for published calibration errors."""

Labels = NDArray[Any]
"""One label per row: indices or names."""

Chances = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows with a confidence in one of the equal parts of 0 to 1; shares, not percent."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class Covered:
    """Accuracy of the surest `coverage` of the rows; shares, not percent."""

    coverage: float
    accuracy: float
    threshold: float
    """Answers of at least this confidence are counted."""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Scores of one label; F1 is the harmonic mean of precision and recall, 0 to 1."""

    label: Any
    f1: float
    n: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Number of rows of the label `right` that got the label `said`, and of all rows of `right`."""

    right: Any
    said: Any
    count: int
    n: int


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> Chances:
    """Return the probability of each label, float64 [rows, labels]."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(1, keepdims=True))
    chances: Chances = exponentials / exponentials.sum(1, keepdims=True)
    return chances


def energy(logits: NDArray[np.float32]) -> Chances:
    """Return the logarithm of the summed exponentials of each row: low where no label fits.

    Liu et al. 2020, "Energy-based Out-of-distribution Detection", with the sign turned.
    """
    found: Chances = np.logaddexp.reduce(logits.astype(np.float64), axis=1)
    return found


def reliability(confidence: Chances, right: Marks, bins: int = BINS) -> list[Bin]:
    """Return the bins that hold a row, lowest confidence first."""
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    chosen = (places == place for place in range(bins))
    return [
        Bin(float(confidence[rows].mean()), float(right[rows].mean()), int(rows.sum()))
        for rows in chosen
        if rows.any()
    ]


def calibration_error(confidence: Chances, right: Marks, bins: int = BINS) -> float:
    """Return the expected calibration error, 0 to 1: the mean gap between confidence and accuracy.

    Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".
    """
    found = reliability(confidence, right, bins)
    return sum(each.n * abs(each.confidence - each.accuracy) for each in found) / len(right)


def accuracy_by_coverage(confidence: Chances, right: Marks, shares: Sequence[float]) -> list[Covered]:
    """Return the accuracy of the surest answers at several coverages.

    Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks".
    """
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order])
    counts = [max(1, round(share * len(right))) for share in shares]
    return [
        Covered(share, float(hits[count - 1] / count), float(confidence[order[count - 1]]))
        for share, count in zip(shares, counts, strict=True)
    ]


def label_scores(said: Labels, target: Labels) -> list[LabelScore]:
    """Return the F1 of each label that occurs in `target`, the lowest first."""
    scores = []
    for label in np.unique(target):
        is_it, called_it = target == label, said == label
        found = 2.0 * float((is_it & called_it).sum()) / float(is_it.sum() + called_it.sum())
        scores.append(LabelScore(label.item(), found, int(is_it.sum())))
    return sorted(scores, key=lambda score: score.f1)


def macro_f1(said: Labels, target: Labels) -> float:
    """Return the mean F1 of the labels that occur in `target`, 0 to 1; each label counts alike."""
    return float(np.mean([score.f1 for score in label_scores(said, target)]))


def confusions(said: Labels, target: Labels, most: int) -> list[Confusion]:
    """Return the `most` frequent mistakes; among equals those with the largest share of their label first."""
    wrong = said != target
    pairs, counts = np.unique(np.stack((target[wrong], said[wrong])), axis=1, return_counts=True)
    found = [
        Confusion(right.item(), other.item(), int(count), int((target == right).sum()))
        for (right, other), count in zip(pairs.T, counts, strict=True)
    ]
    return sorted(found, key=lambda each: (-each.count, each.n))[:most]


def auroc(inside: Chances, outside: Chances) -> float:
    """Return the probability that a row of `inside` scores higher than one of `outside`; ties count half.

    The area under the receiver operating characteristic, by Mann and Whitney's sum of ranks.
    """
    order = np.sort(outside)
    below = np.searchsorted(order, inside, side="left")
    not_above = np.searchsorted(order, inside, side="right")
    return float((below + not_above).mean() / (2.0 * len(outside)))
