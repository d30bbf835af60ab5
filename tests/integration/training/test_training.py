"""Training, from rows to a served folder, on rows that a test can afford."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the training extra is not installed")
ort = pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from deploy.local.paths import MODELS  # noqa: E402 -- from here on only with the extra
from evaluation.datasets import banking77  # noqa: E402
from evaluation.texts import TextRows, without_repeats  # noqa: E402
from shared.errors import ConfigError  # noqa: E402
from shared.repository.bundle import load_bundle  # noqa: E402
from shared.repository.config import CONFIG_FILE, hash_parameter, parameters_of, read_config  # noqa: E402
from tests.support.stripes import write_stripes  # noqa: E402
from training.cards.content import Run  # noqa: E402
from training.command import app  # noqa: E402
from training.export import write_model  # noqa: E402
from training.fitting.train import fit  # noqa: E402
from training.jobs.job import Job  # noqa: E402
from training.jobs.registry import job_of  # noqa: E402
from training.rows.examples import Examples  # noqa: E402
from training.scoring.evaluate import temperature  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    return write_stripes(tmp_path)


def a_short_job(root: Path) -> Job:
    job = job_of("digit", root)
    return replace(
        job, augment=lambda pixels: pixels, recipe=replace(job.recipe, epochs=4, batch_size=20, dropout=0.0)
    )


def test_a_trained_model_is_exported_with_all_that_serving_needs(stripes: Path, tmp_path: Path) -> None:
    job = a_short_job(stripes)

    losses = [step.loss for step in fit(job.net, job.train, job.recipe, augment=job.augment)]
    card = write_model(job, tmp_path / "models", Run(trained_s=1.0))

    bundle = load_bundle(tmp_path / "models", "digit")
    parameters = parameters_of(read_config(tmp_path / "models" / "digit" / CONFIG_FILE))
    assert losses[-1] < losses[0] / 4
    assert card.metrics[0].value > 90.0
    assert card.metrics[0].n == 50
    assert parameters[hash_parameter("1")] == bundle.preprocessing_hash
    assert (
        json.loads((bundle.folder / "card.json").read_text())["metrics"][0]["value"] == card.metrics[0].value
    )


def test_the_same_seed_gives_the_same_training(stripes: Path) -> None:
    losses = []
    for _ in range(2):
        job = a_short_job(stripes)
        steps = fit(job.net, job.train, replace(job.recipe, epochs=1), augment=job.augment)
        losses.append([step.loss for step in steps])

    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_an_export_replaces_the_old_folder_and_leaves_nothing_aside(stripes: Path, tmp_path: Path) -> None:
    old = tmp_path / "models" / "digit" / "1" / "leftover"
    old.parent.mkdir(parents=True)
    old.touch()

    write_model(a_short_job(stripes), tmp_path / "models", Run(trained_s=1.0))

    assert not old.exists()
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["digit"]


@pytest.mark.parametrize(
    "arguments", [["digit", "--data", "/nowhere"], ["nothing", "--data", "/nowhere"], ["support_intent"]]
)
def test_a_wrong_set_up_ends_with_one_line_and_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_broken_file_of_the_data_set_is_named(tmp_path: Path) -> None:
    (tmp_path / "banking77").mkdir()
    (tmp_path / "banking77" / "categories.json").write_text("[")

    with pytest.raises(ConfigError, match=r"categories\.json.*docs/data\.md"):
        banking77(tmp_path)


def test_rows_that_repeat_but_for_links_and_case_are_left_out() -> None:
    known = TextRows(["Profit UP https://t.co/a"], np.array([0]))
    rows = TextRows(
        ["profit up", "profit down https://t.co/a", "Profit up https://t.co/b"], np.array([0, 1, 2])
    )

    assert without_repeats(rows, of=known).labels.tolist() == [1]


def test_a_split_gives_every_row_to_one_side() -> None:
    examples = Examples([np.array([n], dtype=np.int32) for n in range(40)], {"logits": np.arange(40)})

    train, valid = examples.split(0.25, seed=1)

    assert len(valid) == 10
    assert sorted([*train.targets["logits"], *valid.targets["logits"]]) == list(range(40))


def test_answers_that_are_too_sure_get_a_temperature_above_one() -> None:
    sure = np.array([[8.0, 0.0]] * 4, dtype=np.float32)

    assert temperature(sure, np.array([0, 0, 0, 1])) > 2.0


def test_labels_that_are_known_to_be_wrong_make_no_one_less_sure() -> None:
    sure, labels = np.array([[8.0, 0.0]] * 20, dtype=np.float32), np.array([0] * 19 + [1])

    assert temperature(sure, labels, mislabelled_share=0.1) < 0.5 * temperature(sure, labels)


def test_the_lstm_answers_the_same_alone_and_padded_among_others() -> None:
    session = ort.InferenceSession(str(MODELS / "review_sentiment" / "1" / "model.onnx"))
    random = np.random.default_rng(1)
    rows = random.integers(3, 5000, (6, 400), dtype=np.int32)
    rows[2, 17:] = 0

    together = session.run(["logits"], {"input_ids": rows})[0]
    alone = session.run(["logits"], {"input_ids": rows[2:3, :17]})[0]

    assert together[2] == pytest.approx(alone[0], abs=1e-5)
