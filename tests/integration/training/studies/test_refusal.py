"""Scores that tell known questions from foreign ones."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")

from typer.testing import CliRunner

from training.studies.refusal import app, class_middles, page, scores_of, told

KNOWN = {
    "logits": np.array([[9.0, 0.0], [0.0, 8.0], [7.0, 0.0]], np.float32),
    "pooled": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], np.float32),
}
FOREIGN = {
    "logits": np.array([[1.0, 1.0], [8.5, 0.0]], np.float32),
    "pooled": np.array([[-1.0, 0.0], [0.0, -1.0]], np.float32),
}
MIDDLES = class_middles(KNOWN["pooled"], np.array([0, 1, 0]))


@pytest.mark.parametrize("score", ["energy", "highest logit", "confidence"])
def test_rows_below_the_limit_are_refused(score: str) -> None:
    own, foreign = scores_of(KNOWN, MIDDLES), scores_of(FOREIGN, MIDDLES)

    found = told(score, own, foreign, limit=float(own[score].min()))

    assert (found.kept, found.caught) == (100.0, 50.0)


def test_rows_far_from_every_intent_have_a_low_cosine() -> None:
    own, foreign = scores_of(KNOWN, MIDDLES), scores_of(FOREIGN, MIDDLES)

    found = told("cosine to the nearest intent", own, foreign, limit=0.5)

    assert (found.auroc, found.kept, found.caught) == (100.0, 100.0, 100.0)


def test_the_chosen_score_alone_is_shown_for_the_test_rows() -> None:
    own, foreign = scores_of(KNOWN, MIDDLES), scores_of(FOREIGN, MIDDLES)
    found = [told(score, own, foreign, limit=1.0) for score in own]

    shown = page(found, found[0])

    assert shown.count("| energy |") == 2
    assert shown.count("| confidence |") == 1


def test_without_data_it_ends_with_one_line_and_code_2() -> None:
    result = CliRunner().invoke(app, ["--data", "/nowhere"])

    assert result.exit_code == 2
    assert "Traceback" not in result.output
