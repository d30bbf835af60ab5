"""Versions of models that come into a repository and go again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.paths import MODELS
from shared.errors import ConfigError, IntegrityError
from shared.repository.bundle import ModelBundle
from shared.repository.config import config_files, hash_parameter, parameters_of, read_config
from shared.repository.install import add_version, remove_version
from tidemill.cards import find_model, read_cards

MODEL = "identity"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with version 1 of a small model."""
    shutil.copytree(MODELS / MODEL, tmp_path / "repository" / MODEL)
    return tmp_path / "repository"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Return the folder of a model that a training wrote elsewhere."""
    shutil.copytree(MODELS / MODEL, tmp_path / "trained" / MODEL)
    return tmp_path / "trained" / MODEL


def bundle(folder: Path) -> ModelBundle:
    return find_model(str(folder), folder)


def names(repository: Path) -> list[str]:
    return sorted(path.name for path in (repository / MODEL).iterdir())


def configs(repository: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in config_files(repository / MODEL)]


def parameters(repository: Path) -> list[dict[str, str]]:
    return [parameters_of(read_config(path)) for path in config_files(repository / MODEL)]


def test_a_version_gets_the_next_number_all_files_and_its_hash_in_each_configuration(
    repository: Path, trained: Path
) -> None:
    before = parameters(repository)

    number = add_version(bundle(trained), repository)

    added = find_model(f"{MODEL}@2", repository)
    own = {hash_parameter("2"): added.preprocessing_hash}
    assert number == "2"
    assert names(repository) == ["1", "2", "config.pbtxt", "configs"]
    assert {path.name for path in added.folder.iterdir()} == {path.name for path in (trained / "1").iterdir()}
    assert parameters(repository) == [old | own for old in before]


def test_a_removed_version_leaves_the_configurations_as_they_were_and_its_number_is_not_given_again(
    repository: Path, trained: Path
) -> None:
    before = configs(repository)
    add_version(bundle(trained), repository)

    left = remove_version(find_model(f"{MODEL}@2", repository))

    assert left == "1"
    assert [card.version for card in read_cards(repository)] == ["1"]
    assert configs(repository) == before
    assert add_version(bundle(trained), repository) == "3"
    assert names(repository) == [".2.gone", "1", "3", "config.pbtxt", "configs"]


def test_the_only_version_stays(repository: Path) -> None:
    with pytest.raises(ConfigError, match="identity has no version but 1: add another one first"):
        remove_version(find_model(MODEL, repository))


def with_other_labels(trained: Path) -> None:
    path = trained / "1" / "preprocessing.json"
    content = json.loads(path.read_bytes())
    content["outputs"]["logits"]["labels"].reverse()
    path.write_text(json.dumps(content), encoding="utf-8")


def with_another_output(trained: Path) -> None:
    path = trained / "config.pbtxt"
    path.write_text(path.read_text(encoding="utf-8").replace("TYPE_FP32", "TYPE_FP16"), encoding="utf-8")


def without_configuration(trained: Path) -> None:
    (trained / "config.pbtxt").unlink()


def without_card(trained: Path) -> None:
    (trained / "1" / "card.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (with_other_labels, "other labels of logits, or in another order"),
        (with_another_output, "other inputs or outputs than"),
        (without_configuration, r"config\.pbtxt can't be used"),
        (without_card, r"no usable card\.json"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    repository: Path, trained: Path, spoil: Callable[[Path], None], said: str
) -> None:
    before = configs(repository)
    spoil(trained)

    with pytest.raises(ConfigError, match=said):
        add_version(bundle(trained), repository)

    assert names(repository) == ["1", "config.pbtxt", "configs"]
    assert configs(repository) == before


def test_other_labels_come_in_when_told_so_but_not_files_that_are_not_those_of_the_card(
    repository: Path, trained: Path
) -> None:
    with_other_labels(trained)

    with pytest.raises(IntegrityError, match=r"preprocessing\.json is not the file that card\.json tells of"):
        add_version(bundle(trained), repository, relabel=True)

    assert names(repository) == ["1", "config.pbtxt", "configs"]


def test_a_model_without_a_first_version_is_refused_with_the_command_that_copies_it(
    tmp_path: Path, trained: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"has no {MODEL}; .* cp -r {trained} "):
        add_version(bundle(trained), tmp_path)


def test_a_model_of_the_repository_itself_is_no_new_version(repository: Path) -> None:
    with pytest.raises(ConfigError, match="already: name the folder that a training wrote"):
        add_version(find_model(MODEL, repository), repository)
