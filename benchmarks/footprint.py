"""Resources of a running service: memory, open descriptors, threads and tasks."""

from dataclasses import dataclass

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from shared.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Resources of one process at one moment."""

    memory_mb: float
    """Private pages: the memory that its end would free."""

    descriptors_count: int
    threads_count: int
    tasks_count: int
    waiting_count: int
    """Records between its position and the end of its topic."""


async def footprint(session: aiohttp.ClientSession, url: str, pid: int) -> Footprint:
    """Return the resources of the service at this address and process.

    Raises ConfigError when it has ended.
    """
    try:
        process = psutil.Process(pid)
        async with session.get(f"{url}/metrics") as answer:
            told = totals(await answer.text())
        return Footprint(
            memory_mb=process.memory_full_info().uss / 1e6,
            descriptors_count=process.num_fds(),
            threads_count=process.num_threads(),
            tasks_count=int(told["tidemill_tasks"]),
            waiting_count=int(told.get("tidemill_lag_records", 0)),
        )
    except (psutil.Error, aiohttp.ClientError) as error:
        raise ConfigError(f"process {pid} at {url} is gone: {error}") from None


def totals(page: str) -> dict[str, float]:
    """Return each metric of a page in Prometheus' text format, summed over its labels."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
