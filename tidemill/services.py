"""Health checks of running services."""

from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class HealthProbe:
    """A probe of one health endpoint."""

    url: str
    timeout_s: float = 2.0

    async def __call__(self) -> None:
        """Return when the service answers 200. Raises OSError with the service's own reason otherwise."""
        timeout = aiohttp.ClientTimeout(total=self.timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(self.url) as answer:
            if answer.status != 200:
                raise ConnectionError((await answer.json()).get("why") or f"HTTP {answer.status}")
