"""`tidemill demo` accounts for every sample; `tidemill run` leaves nothing behind, however it ends."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from deploy.local.samples.load import EXPECTED_FILE
from tests.e2e.runs import PARTS, ROOT, a_run

END_S = 20.0


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
