"""Networks that a study trained are trained once, and never taken for those of another training."""

import gzip
import json
import resource
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("peft", reason="the training extra is not installed")

from tokenizers import Tokenizer  # noqa: E402 -- from here on only with the extra
from tokenizers.models import WordLevel  # noqa: E402

from shared.errors import ConfigError  # noqa: E402
from tests.integration.training.tiny import narrow_bert, tiny_job  # noqa: E402
from training.fitting.progress import Step  # noqa: E402
from training.fitting.validate import accuracy_of  # noqa: E402
from training.networks.nets import BertClassifier  # noqa: E402
from training.rows.vocabulary import MASK  # noqa: E402
from training.scoring.evaluate import logits_of  # noqa: E402
from training.studies import compression, fine_tuning, intents, networks  # noqa: E402
from training.studies.answers import answers_of  # noqa: E402
from training.studies.gradients import full  # noqa: E402
from training.studies.kept import FULL, Kept, mark_of  # noqa: E402
from training.studies.networks import Networks  # noqa: E402
from training.studies.variants import written  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def six_layers(tmp_path: Path) -> Networks:
    """Return what makes networks of a BERT that is narrow, and has the layers and heads of MiniLM."""
    (tmp_path / "clinc150").mkdir()
    (tmp_path / "clinc150" / "data_full.json").write_text(json.dumps({"train": [["a b", "x"]]}))
    (tmp_path / "bitext").mkdir()
    rows = gzip.compress(b"utterance,intent\nc d,y\n")
    (tmp_path / "bitext" / "utterances_21k.csv.gz").write_bytes(rows)
    net = narrow_bert(seed=2, words=1000, width=24, layers=6, heads=12, neurons=800)
    job = tiny_job(rows=10)
    words = Tokenizer(WordLevel({"[PAD]": 0, "[UNK]": 1, MASK: 2}, unk_token="[UNK]"))
    job = replace(job, net=net, tokenizer=words, recipe=replace(job.recipe, epochs=1))
    return Networks(job, tmp_path, Kept.of(job, tmp_path / "work"))


def test_a_way_is_trained_once_and_then_taken_from_its_file(tmp_path: Path) -> None:
    job = tiny_job()
    kept = Kept.of(job, tmp_path)
    once = full(job, kept)

    def refused() -> Iterator[Step]:
        raise AssertionError("trained again")

    again = deepcopy(job.net)
    assert kept.train(FULL, again, refused) == once.trained_s
    assert accuracy_of(again, job.test) == once.accuracy


def test_the_networks_of_another_job_lie_elsewhere(tmp_path: Path) -> None:
    job = tiny_job()

    assert Kept.of(job, tmp_path) == Kept.of(tiny_job(), tmp_path)
    assert Kept.of(job, tmp_path) != Kept.of(replace(job, train=job.valid), tmp_path)


def test_a_training_by_other_numbers_is_kept_beside_the_first(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    kept = Kept.of(job, tmp_path)
    other = replace(job, recipe=replace(job.recipe, learning_rate=1e-3))
    trained: list[str] = []

    def steps(by: str) -> Iterator[Step]:
        trained.append(by)
        return iter(())

    marks = [mark_of(job, 2.0), mark_of(job, 2.0), mark_of(other, 2.0), mark_of(job, 3.0)]
    for mark in marks:
        kept.train("student", job.net, partial(steps, mark), by=mark)

    assert trained == [marks[0], *marks[2:]]
    assert len(set(marks)) == 3


@pytest.mark.parametrize(("name", "recipe"), [("student", "STUDENT"), ("pruned", "RECOVERY")])
def test_a_taught_network_is_trained_again_only_by_other_numbers(
    six_layers: Networks, name: str, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = getattr(six_layers, name)
    files = []

    for epochs in (1, 1, 2):
        monkeypatch.setattr(networks, recipe, replace(networks.STUDENT, epochs=epochs))
        make()
        files.append(len(list(six_layers.kept.folder.glob(f"{name}-*.safetensors"))))

    assert files == [1, 1, 2]


def test_a_network_that_is_damaged_is_named_with_the_way_out(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    kept = Kept(tmp_path)
    full(job, kept)
    path = tmp_path / "full.safetensors"
    path.write_bytes(path.read_bytes()[:1000])

    with pytest.raises(ConfigError, match=r"full\.safetensors is damaged .*remove it"):
        full(job, kept)


def test_a_network_that_could_not_be_written_whole_is_not_there(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))

    try:
        with pytest.raises(OSError, match="too large"):
            full(job, Kept(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert not (tmp_path / "full.safetensors").exists()


def test_a_file_to_compare_is_written_anew_each_time(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    path = tmp_path / "student.onnx"
    path.write_bytes(b"half of a file")

    written(job, path, lambda: cast("BertClassifier", job.net))

    answers = logits_of(path, job.test)["logits"]
    assert answers == pytest.approx(answers_of(job.net, job.test)["logits"], abs=0.05)


@pytest.mark.parametrize("study", [fine_tuning, compression, intents])
def test_the_folder_that_is_taken_where_none_is_named_is_told_by_the_help(study: ModuleType) -> None:
    result = CliRunner().invoke(study.app, ["--help"])

    assert "tidemill-studies" in result.output
