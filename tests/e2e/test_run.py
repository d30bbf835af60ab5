"""`tidemill demo` accounts for every sample; `tidemill run` leaves nothing behind, however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.local.samples.load import EXPECTED_FILE
from shared.catalogue import SERVICES

ROOT = Path(__file__).parents[2]
PARTS = 3 + len(SERVICES)  # kafka, triton and redis
START_S = 60.0
END_S = 20.0


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


def test_the_demo_loses_nothing_and_says_so_in_its_last_line() -> None:
    expected = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))
    totals = {name: expected[name]["total"] for name in ("messages", "news", "digits", "hostile")}

    done = subprocess.run(
        [sys.executable, "-m", "tidemill", "demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["sent"], told["dead"], told["lost"]) == (
        sum(totals.values()) + told["posted"],
        expected["hostile"]["dead"],
        0,
    )
    assert told["answered"] == told["posted"] > 0
    assert (told["differing"], told["page_right"]) == (0, True)
    assert told["analyzed"] == told["sent"] - told["dead"]
    assert told["alerts"] >= len(expected["news"]["alert_companies"])


@pytest.mark.parametrize(
    ("ending", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_a_run_leaves_no_process_behind(ending: signal.Signals, exit_code: int) -> None:
    with a_run() as process:
        children = psutil.Process(process.pid).children(recursive=True)

        os.kill(process.pid, ending)

        assert process.wait(timeout=END_S) == exit_code
        _, alive = psutil.wait_procs(children, timeout=END_S)
        assert len(children) >= PARTS
        assert alive == []
