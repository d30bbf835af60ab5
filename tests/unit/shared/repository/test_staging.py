"""Staging: a folder appears whole, or the old one stays."""

import contextlib
from pathlib import Path

import pytest

from shared.repository.staging import staged


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def fail_after_writing(target: Path) -> dict[str, str]:
    """Begin to replace `target`, fail, and return the content of the folder at the beginning."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError), staged(target) as aside:
        found = content(aside)
        (aside / "card").write_text("half")
        raise OSError("disk full")
    return found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return the folder of a model that is in service."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").write_text("old")
    return folder


def test_the_new_folder_replaces_the_old_one_whole(model: Path) -> None:
    with staged(model) as aside:
        (aside / "card").write_text("new")
        meanwhile = content(model)

    assert meanwhile == {"weights": "old"}
    assert content(model) == {"card": "new"}
    assert list(model.parent.iterdir()) == [model]


def test_a_failure_leaves_the_old_folder_and_nothing_else(model: Path) -> None:
    fail_after_writing(model)

    assert content(model) == {"weights": "old"}
    assert list(model.parent.iterdir()) == [model]


def test_after_an_end_between_the_two_renames_the_old_folder_is_back_before_the_next_attempt(
    model: Path,
) -> None:
    model.rename(model.with_name(".model.old"))
    (model.parent / ".model.new").mkdir()
    (model.parent / ".model.new" / "card").write_text("of a killed process")

    leftovers = fail_after_writing(model)

    assert leftovers == {}
    assert content(model) == {"weights": "old"}
    assert list(model.parent.iterdir()) == [model]
