"""Figures of other seeds are added to the card of a model that stays as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from tests.support.stripes import write_stripes  # noqa: E402 -- from here on only with the extra
from training import command  # noqa: E402
from training.studies import seeds  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def trained(data: Path, out: Path, *options: str) -> dict[str, Any]:
    """Train digit for an epoch into `out`, and return its card."""
    done = CliRunner().invoke(
        command.app, ["digit", "--data", str(data), "--out", str(out), "--epochs", "1", *options]
    )
    assert done.exit_code == 0, done.output
    return card_in(out)


def with_seeds(data: Path, models: Path, count: int, *, model: str = "digit") -> Result:
    options = ["--data", str(data), "--repository", str(models), "--seeds", str(count)]
    return CliRunner().invoke(seeds.app, [model, *options])


def card_in(models: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((models / "digit" / "1" / "card.json").read_bytes())
    return content


def test_the_card_tells_what_a_training_with_these_seeds_would_have_told(tmp_path: Path) -> None:
    data = write_stripes(tmp_path / "data")
    at_once = trained(data, tmp_path / "at_once", "--seeds", "2")
    alone = trained(data, tmp_path / "later")

    result = with_seeds(data, tmp_path / "later", 2)

    card = card_in(tmp_path / "later")
    assert result.exit_code == 0
    assert alone["run"]["seeds"] == {}
    assert card["run"]["seeds"] == at_once["run"]["seeds"]
    assert card["sha256"] == alone["sha256"]
    assert [path.name for path in (tmp_path / "later").iterdir()] == ["digit"]


def test_only_the_seeds_that_the_card_lacks_are_trained(tmp_path: Path) -> None:
    data, models = write_stripes(tmp_path / "data"), tmp_path / "models"
    trained(data, models, "--seeds", "2")

    result = with_seeds(data, models, 3)

    assert "seed 9" in result.output
    assert "seed 8" not in result.output
    assert [len(values) for values in card_in(models)["run"]["seeds"].values()] == [3, 3, 3]


def test_the_state_of_an_interrupted_training_stays(tmp_path: Path) -> None:
    data, models = write_stripes(tmp_path / "data"), tmp_path / "models"
    trained(data, models)
    interrupted = models / ".digit.training" / "7.pt"
    interrupted.parent.mkdir()
    interrupted.touch()

    result = with_seeds(data, models, 2)

    assert result.exit_code == 0
    assert list(interrupted.parent.iterdir()) == [interrupted]


def test_a_training_by_another_recipe_is_not_repeated(tmp_path: Path) -> None:
    data, models = write_stripes(tmp_path / "data"), tmp_path / "models"
    trained(data, models)
    path = models / "digit" / "1" / "card.json"
    card = card_in(models)
    path.write_text(json.dumps({**card, "run": {**card["run"], "epochs": None}}), encoding="utf-8")

    result = with_seeds(data, models, 2)

    assert result.exit_code == 2
    assert "was trained for 1 epochs, its recipe says 20" in result.output


def test_a_model_without_a_training_has_no_other_seeds(tmp_path: Path) -> None:
    CliRunner().invoke(command.app, ["identity", "--out", str(tmp_path)])

    result = with_seeds(tmp_path, tmp_path, 3, model="identity")

    assert result.exit_code == 2
    assert "the card of identity tells of no training" in result.output
