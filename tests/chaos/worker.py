"""`python -m tests.chaos.worker`: the worker of a run of chaos, whose clock can be set by signals."""

import signal
import time
from types import FrameType, SimpleNamespace

import grpc.aio._utils

from benchmarks.identity_worker import serve
from services.inference.settings import Settings
from shared.process.run import main

JUMPS_S = {signal.SIGUSR1: 3600.0, signal.SIGUSR2: -3600.0, signal.SIGHUP: 0.0}
"""How far the wall clock is off after a signal; the monotonic clock knows no jumps."""

_right_time = time.time


def jump(number: int, _frame: FrameType | None) -> None:
    """Set the clock that aiokafka and all other Python code reads."""
    time.time = lambda: _right_time() + JUMPS_S[signal.Signals(number)]


if __name__ == "__main__":
    # gRPC subtracts the machine's own clock again in C: in the one that jumps, every call would be too late.
    grpc.aio._utils.time = SimpleNamespace(time=_right_time)  # noqa: SLF001
    for each in JUMPS_S:
        signal.signal(each, jump)
    main("inference", Settings, serve)
