"""Resources of a process in its `/metrics`."""

import asyncio

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector


def watch_process(registry: CollectorRegistry) -> None:
    """Add memory, CPU time and open descriptors of this process, and the tasks of the loop that asks."""
    ProcessCollector(registry=registry)
    tasks = Gauge("tidemill_tasks", "Asyncio tasks under way.", registry=registry)
    tasks.set_function(lambda: len(asyncio.all_tasks()))
