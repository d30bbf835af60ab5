"""Reports of the services: health and metrics over HTTP, every few seconds."""

import asyncio
from collections.abc import Iterator, Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from services.dashboard.state.services import Report, Sample
from services.dashboard.state.state import State

_EVERY_S = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=2.0)
_WANTED = (
    "tidemill_lag_records{",
    "tidemill_batch_size_count",
    "tidemill_batch_size_sum",
    "tidemill_infer_seconds_count",
    "tidemill_infer_seconds_sum",
    "tidemill_cache_hits_total",
    "tidemill_cache_misses_total",
    "tidemill_model_version",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
)


class Reports:
    """Asks each service for its report."""

    def __init__(self, urls: Mapping[str, str], state: State, session: aiohttp.ClientSession) -> None:
        self._urls = urls
        self._state = state
        self._session = session

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await asyncio.gather(*(self._ask(name, url) for name, url in self._urls.items()))
            self._state.changed()
            await asyncio.sleep(_EVERY_S)

    async def _ask(self, name: str, url: str) -> None:
        try:
            why = await self._verdict(f"{url}/health/ready")
            is_live = why is None or await self._verdict(f"{url}/health/live") is None
            async with self._session.get(f"{url}/metrics", timeout=_TIMEOUT) as answer:
                samples = tuple(samples_in(await answer.text()))
        except (aiohttp.ClientError, OSError, TimeoutError):
            why, is_live, samples = "no answer", False, ()
        self._state.services.note(name, Report(at=self._state.now, why=why, is_live=is_live, samples=samples))

    async def _verdict(self, url: str) -> str | None:
        """Return the reason why a service is not well; None when it is."""
        async with self._session.get(url, timeout=_TIMEOUT) as answer:
            if answer.status == 200:
                return None
            said = await answer.json(content_type=None)
            return str(said.get("why") if isinstance(said, dict) else f"HTTP {answer.status}")


def samples_in(page: str) -> Iterator[Sample]:
    """Yield the samples that pages show: parsing the rest would take most of the time."""
    lines = [line for line in page.splitlines() if line.startswith(_WANTED)]
    for family in text_string_to_metric_families("\n".join(lines)):
        for sample in family.samples:
            yield Sample(sample.name, sample.labels, sample.value)
