"""Written models are complete, standard ONNX, and answer as the trained network does."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")
onnx = pytest.importorskip("onnx", reason="the training extra is not installed")

from typer.testing import CliRunner  # noqa: E402 -- from here on only with the extra

from deploy.local.paths import MODELS  # noqa: E402
from shared.errors import IntegrityError  # noqa: E402
from shared.repository.bundle import OutputSpec, TextSpec, load_bundle  # noqa: E402
from shared.repository.manifest import manifest  # noqa: E402
from shared.repository.versions import models_in  # noqa: E402
from training.cards.content import Run  # noqa: E402
from training.export import write_model, write_onnx  # noqa: E402
from training.jobs.identity import identity_job  # noqa: E402
from training.jobs.job import Job, Storage  # noqa: E402
from training.networks.nets import LstmClassifier  # noqa: E402
from training.parity import (  # noqa: E402
    app,
    refuse_disagreement,
    refuse_strange_answers,
    refuse_unfit_files,
)
from training.recipes import Recipe  # noqa: E402
from training.rows.examples import Examples  # noqa: E402
from training.scoring.evaluate import Rounding, reports  # noqa: E402
from training.shrinking import compress  # noqa: E402

NAMES = models_in(MODELS)
RECIPE = Recipe(epochs=1, batch_size=8, learning_rate=0.0, head_learning_rate=0.0)


pytestmark = pytest.mark.usefixtures("one_thread")


def an_lstm_job() -> Job:
    """Return the job of a small LSTM that reads what identity reads."""
    torch.manual_seed(3)
    job = identity_job()
    vocabulary = job.tokenizer.get_vocab_size() if job.tokenizer else 0
    random = np.random.default_rng(2)
    rows = [random.integers(3, vocabulary, random.integers(1, 9)).astype(np.int32) for _ in range(70)]
    output = replace(job.config.outputs[0], dims=(2,))
    return replace(
        job,
        config=replace(job.config, outputs=(output,)),
        net=LstmClassifier(words=torch.randn(vocabulary, 6), hidden=5, dropout=0.5),
        spec=TextSpec(max_tokens=16, outputs={"logits": OutputSpec(labels=("no", "yes"))}),
        test=Examples(rows, {"logits": np.arange(70) % 2}),
        facts=replace(job.facts, test_data={"logits": "random rows"}),
    )


@pytest.mark.parametrize("model", NAMES)
def test_every_model_that_ships_is_fit_to_be_served(model: str) -> None:
    refuse_unfit_files(load_bundle(MODELS, model))


def test_what_is_exported_passes_and_a_card_says_so_later(tmp_path: Path) -> None:
    write_model(an_lstm_job(), tmp_path, Run(trained_s=1.0))

    result = CliRunner().invoke(app, ["identity", "--repository", str(tmp_path)])

    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "identity").iterdir() if "exact" in path.name] == []


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "added.bin"])
def test_a_file_that_is_not_as_the_card_says_is_named(tmp_path: Path, name: str) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    with (tmp_path / "identity" / "1" / name).open("ab") as file:
        file.write(b" ")

    result = CliRunner().invoke(app, ["identity", "--repository", str(tmp_path)])

    assert result.exit_code == 1
    assert f"{name} not as card.json says" in result.output
    assert len(result.output.splitlines()) == 1


def recarded(folder: Path) -> None:
    """Let the card say what lies there."""
    path = folder / "card.json"
    card = {**json.loads(path.read_bytes()), "sha256": manifest(folder)}
    path.write_text(json.dumps(card), encoding="utf-8")


def test_operators_that_other_servers_lack_are_refused(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    folder = tmp_path / "identity" / "1"
    model = onnx.load(folder / "model.onnx")
    model.graph.node[0].domain = "our.own"
    onnx.save(model, folder / "model.onnx")
    recarded(folder)

    with pytest.raises(IntegrityError, match=r"operators of our\.own"):
        refuse_unfit_files(load_bundle(tmp_path, "identity"))


def test_weights_in_another_file_are_refused(tmp_path: Path) -> None:
    write_model(an_lstm_job(), tmp_path, Run(trained_s=1.0))
    folder = tmp_path / "identity" / "1"
    model = onnx.load(folder / "model.onnx")
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, size_threshold=0)
    recarded(folder)

    with pytest.raises(IntegrityError, match="lie in another file"):
        refuse_unfit_files(load_bundle(tmp_path, "identity"))


def test_a_file_that_takes_only_the_batch_it_was_traced_with_is_refused(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "identity", tmp_path / "identity")
    folder = tmp_path / "identity" / "1"
    model = onnx.load(folder / "model.onnx")
    shape = model.graph.input[0].type.tensor_type.shape
    shape.dim[0].dim_value = 2
    onnx.save(model, folder / "model.onnx")
    recarded(folder)

    with pytest.raises(IntegrityError, match=r"no answer to an input of shape \(1, 1\)"):
        refuse_unfit_files(load_bundle(tmp_path, "identity"))


def test_weights_of_another_net_are_noticed(tmp_path: Path) -> None:
    job = an_lstm_job()
    write_model(job, tmp_path, Run(trained_s=1.0))
    bundle = load_bundle(tmp_path, "identity")
    with torch.no_grad():
        job.net.get_parameter("heads.logits.weight").add_(0.01)

    with pytest.raises(IntegrityError, match=r"logits: the exported file is .* away from the trained net"):
        refuse_strange_answers(job, bundle, bundle.folder / "model.onnx")


def test_rounding_that_spoils_the_words_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compress, "_SMALLEST_MATRIX", 10)
    monkeypatch.setattr(compress, "_scales", lambda weight, _steps: torch.full((len(weight), 1), 1e6))
    job = replace(an_lstm_job(), storage=Storage.HALF)
    with torch.no_grad():
        answers = job.net.eval()(torch.from_numpy(job.test.input_array()))["logits"]
        job.net.get_parameter("heads.logits.bias").sub_(answers.mean(0))  # either label for half of the rows

    with pytest.raises(IntegrityError, match="rounded and float weights agree on"):
        write_model(job, tmp_path, Run(trained_s=1.0))

    assert not (tmp_path / "identity").exists()


def test_a_tokenizer_that_reads_otherwise_is_noticed(tmp_path: Path) -> None:
    job = an_lstm_job()
    write_onnx(job.net, job.config, job.example, tmp_path / "exact.onnx")

    with pytest.raises(IntegrityError, match=r"tokenizer\.json reads texts otherwise"):
        refuse_strange_answers(job, load_bundle(MODELS, "support_intent"), tmp_path / "exact.onnx")


@pytest.mark.parametrize(("agreement", "least", "refused"), [(98.9, 99.0, True), (98.9, 98.0, False)])
def test_rounding_may_change_only_so_many_labels_as_the_recipe_allows(
    agreement: float, least: float, *, refused: bool
) -> None:
    rows = Examples([np.ones(1, dtype=np.int32)], {"logits": np.zeros(1, dtype=np.int64)})
    (report,) = reports({"logits": np.ones((1, 2), dtype=np.float32)}, rows, an_lstm_job().spec.outputs)
    told = replace(report, rounding=Rounding(float_accuracy=90.0, agreement=agreement))
    recipe = replace(RECIPE, least_agreement=least)

    if refused:
        with pytest.raises(IntegrityError, match=r"agree on 98\.9 %.*asks for 99\.0 %"):
            refuse_disagreement([told], recipe)
    else:
        refuse_disagreement([told], recipe)
