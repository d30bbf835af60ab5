"""Commands find the stack that runs here by themselves; variables overrule it."""

import json
import os
from pathlib import Path

import pytest

from tidemill.connect import forget_running_stack, note_running_stack, running_stack


def test_the_note_of_a_living_stack_is_read_back(tmp_path: Path) -> None:
    note = tmp_path / "current.json"

    note_running_stack({"kafka": {"bootstrap": "127.0.0.1:1"}}, note)

    assert running_stack(note) == {"kafka": {"bootstrap": "127.0.0.1:1"}}


def test_the_note_of_a_dead_stack_counts_for_nothing(tmp_path: Path) -> None:
    note = tmp_path / "current.json"
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(child, 0)
    note.write_text(json.dumps({"pid": child, "kafka": {}}), encoding="utf-8")

    assert running_stack(note) == {}


def test_a_note_whose_process_id_went_to_another_user_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "current.json"
    note_running_stack({"kafka": {}}, note)

    def refuse(pid: int, signal: int) -> None:
        raise PermissionError(pid, signal)

    monkeypatch.setattr(os, "kill", refuse)

    assert running_stack(note) == {}


def test_without_a_note_nothing_runs(tmp_path: Path) -> None:
    assert running_stack(tmp_path / "current.json") == {}


def test_a_stack_takes_back_its_own_note_only(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours.json", tmp_path / "other.json"
    note_running_stack({}, ours)
    other.write_text(json.dumps({"pid": 1}), encoding="utf-8")

    for note in (ours, other, tmp_path / "gone.json"):
        forget_running_stack(note)

    assert (ours.exists(), other.exists()) == (False, True)
