"""From logits to answers: what a score says about how foreign a row is."""

import numpy as np
import pytest

from shared.inference.prediction import out_of_scope
from shared.repository.bundle import OutputSpec, Scope

SPEC = OutputSpec(labels=("a", "b"), scope=Scope(middle=2.0, steepness=3.0))


def score(highest: float, spec: OutputSpec = SPEC) -> float:
    found = out_of_scope(np.array([highest, -50.0], np.float32), spec)
    assert found is not None
    return found


def test_a_row_in_the_middle_scores_one_half() -> None:
    assert score(2.0) == pytest.approx(0.5)


def test_the_lower_the_energy_the_more_foreign_is_a_row() -> None:
    assert 0.0 < score(9.0) < score(3.0) < 0.5 < score(1.0) < score(-40.0) < 1.0


def test_a_model_whose_scope_was_not_measured_says_nothing() -> None:
    assert out_of_scope(np.zeros(2, np.float32), OutputSpec(labels=("a", "b"))) is None
