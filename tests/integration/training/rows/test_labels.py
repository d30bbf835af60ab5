"""Whoever counts columns reads on as before when a model is trained anew."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training extra is not installed")

from shared.errors import ConfigError
from shared.repository.bundle import ImageModelSpec, OutputSpec
from training.jobs.identity import identity_job
from training.jobs.job import Job
from training.rows.labels import refuse_reordered_labels

OLD = ("one", "two", "three", "four")


def a_job(labels: tuple[str, ...]) -> Job:
    outputs = {"logits": OutputSpec(labels=labels)}
    return replace(
        identity_job(), spec=ImageModelSpec(width=2, height=2, mode="L", resize="fit", outputs=outputs)
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return where a model with the old labels lies."""
    job = a_job(OLD)
    folder = tmp_path / job.model / "1"
    folder.mkdir(parents=True)
    (folder / "preprocessing.json").write_text(job.spec.model_dump_json(), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("labels", [OLD, (*OLD, "five")])
def test_labels_that_begin_with_the_old_ones_are_taken(repository: Path, labels: tuple[str, ...]) -> None:
    refuse_reordered_labels(a_job(labels), repository, "1")


@pytest.mark.parametrize(
    "labels",
    [("one", "two", "four", "three"), ("four", "new", "one", "three", "two"), ("one", "two", "three")],
)
def test_a_label_that_moves_or_goes_is_refused_with_the_way_out(
    repository: Path, labels: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError, match=r"must begin with those of this model.*`labels`.*--relabel"):
        refuse_reordered_labels(a_job(labels), repository, "1")


def test_where_no_model_is_any_labels_are_taken(tmp_path: Path) -> None:
    refuse_reordered_labels(a_job(OLD), tmp_path, "1")
