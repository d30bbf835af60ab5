"""What a running service holds: memory, open descriptors, threads, tasks."""

from dataclasses import dataclass

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from shared.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """One look at one process."""

    memory_mb: float
    """Its own pages only: what would come free if it ended."""

    descriptors_count: int
    threads_count: int
    tasks_count: int
    waiting_count: int
    """Records behind the end of its topic."""


async def footprint(session: aiohttp.ClientSession, url: str, pid: int) -> Footprint:
    """Return what the service with this address and process holds. Raises ConfigError when it has ended."""
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
    """Return each metric of a page in Prometheus' text format, added up over its labels."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found
