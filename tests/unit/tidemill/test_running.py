"""Commands find the stack that runs here by themselves, and a second `run` doesn't take its place."""

import json
import os
from pathlib import Path

import pytest

from deploy.local.paths import RUN_DIR, STACK, runs_folder
from shared.errors import ConfigError
from tidemill.running import note_file, only_stack, running_stack, stack_beside

NO_PROCESS = 2**22 + 1
"""Above every id that Linux gives a process."""

FIRST = {"kafka": {"bootstrap": "127.0.0.1:1"}}
SECOND = {"kafka": {"bootstrap": "127.0.0.1:2"}}


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "current.json"


def test_the_note_of_a_living_stack_is_read_back(note: Path) -> None:
    with only_stack(note) as publish, publish(FIRST):
        found = running_stack(note)

    assert found == FIRST
    assert running_stack(note) == {}


def test_the_note_of_a_dead_stack_counts_for_nothing(note: Path) -> None:
    note.write_text(json.dumps({"pid": NO_PROCESS, "kafka": {}}), encoding="utf-8")

    assert running_stack(note) == {}


def test_a_note_whose_process_id_went_to_another_user_counts_for_nothing(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    monkeypatch.setattr(os, "kill", refuse)

    with only_stack(note) as publish, publish(FIRST):
        found = running_stack(note)

    assert found == {}


def test_without_a_note_nothing_runs(note: Path) -> None:
    assert running_stack(note) == {}


def test_a_second_run_is_refused_with_the_process_and_the_cure(note: Path) -> None:
    with only_stack(note) as publish, publish(FIRST):
        with pytest.raises(ConfigError) as refused, only_stack(note):
            pass

        still_found = running_stack(note)

    assert f"`kill {os.getpid()}`" in str(refused.value)
    assert f"{RUN_DIR}=FOLDER" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert still_found == FIRST


def test_a_demo_beside_a_run_leaves_the_run_findable(note: Path) -> None:
    with only_stack(note) as publish, publish(FIRST):
        with stack_beside(note) as publish_demo, publish_demo(SECOND):
            during = running_stack(note)
        after = running_stack(note)

    assert (during, after) == (FIRST, FIRST)


def test_a_demo_alone_is_findable(note: Path) -> None:
    with stack_beside(note) as publish, publish(SECOND):
        found = running_stack(note)

    assert found == SECOND


def test_a_run_may_follow_one_that_has_ended(note: Path) -> None:
    with only_stack(note):
        pass

    with only_stack(note) as publish, publish(SECOND):
        found = running_stack(note)

    assert found == SECOND


def test_the_folder_of_runs_is_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RUN_DIR, raising=False)
    usual = runs_folder()
    monkeypatch.setenv(RUN_DIR, str(tmp_path / "lane-2"))

    assert usual == STACK / "run"
    assert note_file() == tmp_path / "lane-2" / "current.json"


def test_a_folder_of_runs_that_is_a_file_is_named_with_the_cure(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()

    with (
        pytest.raises(ConfigError, match=f"name another folder in {RUN_DIR}"),
        only_stack(blocked / "current.json"),
    ):
        pass
