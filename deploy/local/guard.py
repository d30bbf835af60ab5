"""Runs a server whose own children can outlive it: python guard.py COMMAND...

Triton's stubs often hang when their server is killed. This process leads their group; when its parent dies,
the whole group is killed.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1
TETHER = Path(__file__).with_name("tether.py")


def main() -> None:
    """Run the command and end with its exit code; pass SIGTERM on to it."""
    signal.signal(signal.SIGHUP, end_group)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGHUP)
    server = subprocess.Popen([sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *sys.argv[1:]])
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    code = server.wait()
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


def end_group(_number: int, _frame: FrameType | None) -> None:
    """Kill the rest of the group, this process included."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
