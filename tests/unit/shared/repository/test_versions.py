"""Models of a repository and their versions."""

from pathlib import Path

import pytest

from shared.repository.versions import models_in, version_folders, versions_in


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository of two models, with folders beside them that are none."""
    for name in ("tone/2", "tone/10", "tone/configs", "tone/.3.gone", "digit/1", "notes", ".old/1"):
        (tmp_path / name).mkdir(parents=True)
    for model in ("tone", "digit"):
        (tmp_path / model / "config.pbtxt").touch()
    (tmp_path / "tone" / "7").touch()
    return tmp_path


def test_a_model_is_a_folder_with_a_config(repository: Path) -> None:
    assert models_in(repository) == ("digit", "tone")


def test_versions_are_numbered_folders_by_number_newest_first(repository: Path) -> None:
    assert versions_in(repository, "tone") == ["10", "2"]
    assert versions_in(repository, "ghost") == []


def test_all_versions_come_by_model_oldest_first(repository: Path) -> None:
    folders = version_folders(repository)

    assert [str(each.relative_to(repository)) for each in folders] == ["digit/1", "tone/2", "tone/10"]
