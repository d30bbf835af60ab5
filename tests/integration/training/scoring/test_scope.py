"""The scope of a classifier, from the logits of its validation rows."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from shared.inference.prediction import out_of_scope  # noqa: E402
from shared.repository.bundle import OutputSpec  # noqa: E402 -- only with the extra
from training.scoring.scope import scope_of  # noqa: E402


def test_one_row_of_twenty_scores_above_one_half_and_the_median_one_in_twenty() -> None:
    logits = np.linspace(0.0, 10.0, 1001, dtype=np.float32)[:, None] * np.array([1.0, -9.0], np.float32)
    spec = OutputSpec(labels=("a", "b"), scope=scope_of(logits))

    scores = [out_of_scope(row, spec) or 0.0 for row in logits]

    assert np.mean(np.array(scores) > 0.5) == pytest.approx(0.05, abs=0.002)
    assert np.median(scores) == pytest.approx(0.05, abs=0.005)


def test_rows_that_are_all_alike_have_no_scope() -> None:
    assert scope_of(np.ones((9, 3), np.float32)) is None
