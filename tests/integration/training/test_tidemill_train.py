"""`tidemill train` is the training itself: its options, its line, its exit code."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from deploy.local.paths import ROOT
from tests.support.stripes import write_stripes

pytest.importorskip("torch", reason="the training extra is not installed")

from tidemill.commands import train
from training import command


def tidemill_train(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tidemill", "train", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_cannot_be_trained_ends_in_the_same_line_and_code(tmp_path: Path) -> None:
    run = tidemill_train("digit", "--data", str(tmp_path))

    assert run.returncode == 2
    assert "docs/data.md" in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_all_options_reach_the_training(tmp_path: Path) -> None:
    data, out = write_stripes(tmp_path / "data"), tmp_path / "out"

    options = ["--epochs", "1", "--seeds", "1", "--encoder", "none", "--fresh", "--relabel"]
    run = tidemill_train("digit", "--data", str(data), "--out", str(out), *options)

    assert run.returncode == 0
    assert (out / "digit" / "1" / "card.json").is_file()


def options(function: object) -> set[str]:
    app = typer.Typer()
    app.command()(function)  # type: ignore[type-var]  # any command
    return {name for each in typer.main.get_command(app).params for name in each.opts}


def test_both_commands_have_the_same_options() -> None:
    assert options(train.command) == options(command.train)
