"""CPU time of all processes that a benchmark has started."""

import os
from contextlib import suppress

import psutil


def all_cpu_s() -> float:
    """Return the CPU time of all child processes so far, running and ended.

    Its growth is the cost of a piece of work, whatever other programs use the cores.
    """
    ended = os.times()
    total_s = ended.children_user + ended.children_system
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total_s += times.user + times.system
    return total_s
