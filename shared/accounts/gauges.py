"""Metrics of the services, read from their `/metrics` and added up."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT = aiohttp.ClientTimeout(total=1.0)


@dataclass(frozen=True, slots=True)
class Gauges:
    """Sums over all services at one moment."""

    lag_records: int = 0
    batch_size: float = 0.0
    """Mean items per model call."""

    cache_hit_share: float | None = None
    """Share of look-ups that the cache answered; None before the first."""


def gauges(pages: Iterable[str]) -> Gauges:
    """Return the sums over pages in Prometheus' text format."""
    totals: defaultdict[str, float] = defaultdict(float)
    for page in pages:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                totals[sample.name] += sample.value
    calls = totals["tidemill_batch_size_count"]
    hits, misses = totals["tidemill_cache_hits_total"], totals["tidemill_cache_misses_total"]
    return Gauges(
        lag_records=int(totals["tidemill_lag_records"]),
        batch_size=totals["tidemill_batch_size_sum"] / calls if calls else 0.0,
        cache_hit_share=hits / (hits + misses) if hits + misses else None,
    )


async def read_gauges(services: Mapping[str, str]) -> Gauges:
    """Return the sum over the services that answer."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        pages = await asyncio.gather(*(_page(session, url) for url in services.values()))
    return gauges(page for page in pages if page is not None)


async def _page(session: aiohttp.ClientSession, url: str) -> str | None:
    try:
        async with session.get(f"{url}/metrics") as answer:
            return await answer.text()
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None  # a service that is being restarted has nothing to say
