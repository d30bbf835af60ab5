"""CPU time of everything that a benchmark has started."""

import os
from contextlib import suppress

import psutil


def all_cpu_s() -> float:
    """Return the CPU time of all processes below this one, so far: those that run and those that have ended.

    Its growth tells what a piece of work costs, whoever else has the cores at the time.
    """
    ended = os.times()
    total_s = ended.children_user + ended.children_system
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total_s += times.user + times.system
    return total_s
