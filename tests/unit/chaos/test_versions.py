"""The versions that chaos exchanges: the ledger can tell their answers, and their mixtures, apart."""

import itertools
from pathlib import Path

import numpy as np

from benchmarks.identity_tasks import MODEL
from deploy.local.paths import MODELS
from shared.inference.prediction import prediction
from shared.repository.bundle import load_bundle
from shared.repository.versions import versions_in
from tests.chaos.versions import NEW, OLD, Repository, bundles_of, logits_of


def test_no_mixture_of_the_weights_of_one_version_and_the_files_of_another_looks_right() -> None:
    ids = np.array([101, 4651, 1015, 2038, 2025, 3369, 102], dtype=np.int32)

    said = {
        prediction({"logits": logits_of(ids, weights)}, bundle).model_dump_json()
        for weights, bundle in itertools.product((OLD, NEW), bundles_of(MODELS).values())
    }

    assert len(said) == 4


def test_a_version_is_brought_as_its_bundle_says_and_taken_away_again(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "models")
    repository.make()
    found = [versions_in(repository.folder, MODEL)]
    repository.bring()
    found.append(versions_in(repository.folder, MODEL))
    brought = load_bundle(repository.folder, MODEL, NEW)
    config = (repository.folder / MODEL / "config.pbtxt").read_text()
    repository.take_away()
    found.append(versions_in(repository.folder, MODEL))

    assert found == [[OLD], [NEW, OLD], [OLD]]
    assert brought.spec == bundles_of(MODELS)[NEW].spec
    assert brought.preprocessing_hash in config
