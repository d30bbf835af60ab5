"""Ctrl-C in the middle of a real training, and the same command once more."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from tests.support.stripes import write_stripes

pytest.importorskip("torch", reason="the training extra is not installed")

WEIGHTS = Path("digit", "1", "model.onnx")


def training(data: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "training", "digit", "--data", str(data), "--out", str(out)]
    command += ["--epochs", "6"]
    # Small tensors are faster on one thread, and far faster on a busy machine.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def lines_until(process: subprocess.Popen[str], start: str) -> list[str]:
    """Return the lines up to the one that begins with `start`, or to the end."""
    lines: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line.rstrip())
        if line.startswith(start):
            break
    return lines


@pytest.mark.timeout(300)
def test_an_interrupted_training_goes_on_and_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    data, straight, broken = write_stripes(tmp_path / "data"), tmp_path / "straight", tmp_path / "broken"
    with training(data, straight) as process:
        lines_until(process, "nothing begins so")

    with training(data, broken) as process:
        lines_until(process, "epoch 2:")
        process.send_signal(signal.SIGINT)
        last = lines_until(process, "nothing begins so")[-1]
    models_then = [path.name for path in broken.iterdir()]
    with training(data, broken) as again:
        lines = lines_until(again, "nothing begins so")

    assert (process.returncode, again.returncode) == (130, 0)
    assert last == "interrupted; the same command goes on after the last whole epoch"
    assert models_then == [".digit.training"]
    assert [line for line in lines if line.startswith("going on after epoch")]
    assert (broken / WEIGHTS).read_bytes() == (straight / WEIGHTS).read_bytes()
    assert [path.name for path in broken.iterdir()] == ["digit"]
