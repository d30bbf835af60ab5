"""Our figures are those of scikit-learn."""

import numpy as np
import pytest

from evaluation.metrics import macro_f1

TARGET = np.array(["cat", "cat", "cat", "dog", "dog", "owl"])
SAID = np.array(["cat", "cat", "dog", "dog", "cat", "dog"])


def test_macro_f1_is_that_of_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.metrics", reason="the training extra is not installed")

    assert macro_f1(SAID, TARGET) == pytest.approx(reference.f1_score(TARGET, SAID, average="macro"))
