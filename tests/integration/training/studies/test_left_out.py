"""Intents that are left out of a training and added back."""

import numpy as np
import pytest

from shared.repository.bundle import OutputSpec

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from tests.integration.training.tiny import LABELS, tiny_job  # noqa: E402 -- from here on only with the extra
from training.studies.intents import measured, prototypes_of  # noqa: E402
from training.studies.left_out import without_intents  # noqa: E402


def test_no_row_of_an_intent_that_is_left_out_trains() -> None:
    job = tiny_job()

    left_out = without_intents(job, 1)

    out = LABELS.index(left_out.names[0])
    assert len(left_out.job.train) == 40
    assert set(left_out.job.train.targets["logits"].tolist()) == {0, 1}
    assert left_out.columns[out] == 2
    assert left_out.sentences.targets["logits"].tolist() == [out] * 8
    assert len(left_out.rest) == 12 + 8


def test_added_intents_are_measured_among_all_labels() -> None:
    left_out = without_intents(tiny_job(), 1)

    found = measured(left_out, left_out.rest)

    assert (found.added_count, found.others_count) == (12, 8)
    assert 0.0 <= found.others_after <= 100.0


def test_a_left_out_intent_becomes_one_prototype() -> None:
    left_out = without_intents(tiny_job(), 1)

    chances = prototypes_of(left_out).chances(
        np.zeros((1, 2), np.float32), np.zeros((1, 16), np.float32), OutputSpec(labels=("a", "b"))
    )

    assert chances.shape == (1, 3)
    assert chances.sum() == pytest.approx(1.0)
