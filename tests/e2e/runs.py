"""A running `tidemill run`, and commands beside it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.catalogue import SERVICES

ROOT = Path(__file__).parents[2]
PARTS = 3 + len(SERVICES)  # kafka, triton and redis
START_S = 60.0


@contextmanager
def a_run() -> Iterator[subprocess.Popen[str]]:
    """Yield `tidemill run` once all of its parts are ready."""
    command = [sys.executable, "-u", "-m", "tidemill", "run", "--no-samples"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            _await_ready(process)
            yield process
        finally:
            process.kill()


def _await_ready(process: subprocess.Popen[str]) -> None:
    ready: set[str] = set()
    deadline_s = time.monotonic() + START_S
    for line in process.stdout or ():
        assert time.monotonic() < deadline_s, f"only {ready} became ready"
        if " ready" in line:
            ready.add(line.split()[0])
        if len(ready) == PARTS:
            return


def tidemill(*words: str) -> str:
    """Return what a command prints."""
    command = [sys.executable, "-m", "tidemill", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
