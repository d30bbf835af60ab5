"""The figures of a classifier, on answers that can be counted by hand."""

import numpy as np
import pytest

from evaluation.metrics import (
    accuracy_by_coverage,
    auroc,
    calibration_error,
    confusions,
    energy,
    label_scores,
    reliability,
    softmax,
)

TARGET = np.array(["cat", "cat", "cat", "dog", "dog", "owl"])
SAID = np.array(["cat", "cat", "dog", "dog", "cat", "dog"])


def test_a_temperature_above_one_makes_less_sure() -> None:
    logits = np.array([[2.0, 0.0]], dtype=np.float32)

    assert softmax(logits, 2.0)[0] == pytest.approx([0.731059, 0.268941], abs=1e-6)
    assert softmax(logits)[0, 0] > softmax(logits, 2.0)[0, 0]


def test_energy_grows_with_the_logits_and_stays_finite() -> None:
    low, high, huge = energy(np.array([[0.0, 0.0], [3.0, 0.0], [900.0, 0.0]], dtype=np.float32))

    assert low == pytest.approx(np.log(2.0))
    assert low < high < huge == pytest.approx(900.0)


def test_each_row_falls_into_one_bin_and_the_surest_into_the_last() -> None:
    bins = reliability(np.array([0.5, 0.51, 1.0]), np.array([True, False, True]), bins=2)

    assert [(each.confidence, each.accuracy, each.n) for each in bins] == [(0.5, 1.0, 1), (0.755, 0.5, 2)]


def test_who_is_right_as_often_as_he_is_sure_has_no_calibration_error() -> None:
    right = np.array([True] * 8 + [False] * 2)

    assert calibration_error(np.full(10, 0.8), right) == pytest.approx(0.0)
    assert calibration_error(np.full(10, 0.9), right) == pytest.approx(0.1)


def test_the_surest_answers_come_first_in_the_coverage() -> None:
    confidence = np.array([0.2, 0.9, 0.8, 0.4])

    half, whole = accuracy_by_coverage(confidence, np.array([False, True, True, False]), (0.5, 1.0))

    assert (half.accuracy, half.threshold) == (1.0, 0.8)
    assert (whole.accuracy, whole.threshold) == (0.5, 0.2)


def test_labels_are_scored_by_f1_the_worst_first() -> None:
    scores = [(score.label, score.f1, score.n) for score in label_scores(SAID, TARGET)]

    assert scores == [("owl", 0.0, 1), ("dog", pytest.approx(0.4), 2), ("cat", pytest.approx(2 / 3), 3)]


def test_the_most_frequent_mistakes_are_counted_and_no_right_answer_is_among_them() -> None:
    target = np.array(["cat"] * 4 + ["dog"] * 3)
    said = np.array(["dog", "dog", "cat", "cat", "cat", "owl", "dog"])

    first, *others = confusions(said, target, 2)

    assert (first.right, first.said, first.count, first.n) == ("cat", "dog", 2, 4)
    assert [(each.right, each.n) for each in others] == [("dog", 3)]


def test_without_a_mistake_nothing_is_confused() -> None:
    assert confusions(TARGET, TARGET, 5) == []


def test_auroc_is_a_half_for_equal_scores_and_one_when_all_are_told_apart() -> None:
    assert auroc(np.full(3, 0.5), np.full(4, 0.5)) == 0.5
    assert auroc(np.array([0.8, 0.9]), np.array([0.1, 0.7])) == 1.0
    assert auroc(np.array([0.2, 0.9]), np.array([0.5])) == 0.5
