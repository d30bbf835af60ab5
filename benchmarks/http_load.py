"""Load over HTTP: so many calls at a time, or each call when it is due."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.errors import ConfigError

PATIENCE_S = 60.0
"""Longest wait for one answer."""

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to one call."""

    wait_ms: float
    """From the time when the call was due until the whole answer was there."""

    body: Any


class HttpLoad:
    """Sends JSON to one address, over connections that stay open."""

    def __init__(self, session: aiohttp.ClientSession, url: str, *, wants: int) -> None:
        self._session = session
        self._url = url
        self._wants = wants

    async def saturate(self, bodies: Sequence[Body], *, at_a_time: int) -> list[Answer]:
        """Return the answers of calls of which so many are under way at any time."""
        waiting = iter(bodies)
        answers: list[Answer] = []

        async def caller() -> None:
            for body in waiting:
                answer = await self._ask(body, due_s=_now_s())
                answers.append(answer)

        async with asyncio.TaskGroup() as callers:
            for _ in range(at_a_time):
                callers.create_task(caller())
        return answers

    async def offer(self, bodies: Iterable[Body], offsets_s: Iterable[float]) -> list[Answer]:
        """Return the answers of calls that are made at these offsets from now, however slow others are."""
        began_s = _now_s()
        calls: list[asyncio.Task[Answer]] = []
        async with asyncio.TaskGroup() as calling:
            for body, offset_s in zip(bodies, offsets_s, strict=False):
                await asyncio.sleep(began_s + offset_s - _now_s())
                calls.append(calling.create_task(self._ask(body, due_s=began_s + offset_s)))
        return [call.result() for call in calls]

    async def _ask(self, body: Body, *, due_s: float) -> Answer:
        async with self._session.post(self._url, json=body) as response:
            content = await response.read()
            waited_s = _now_s() - due_s
        if response.status != self._wants:
            raise ConfigError(f"{self._url} answered {response.status}: {content.decode()[:200]}")
        return Answer(waited_s * 1000, json.loads(content))


@asynccontextmanager
async def http_load(
    url: str, *, wants: int = 200, headers: Mapping[str, str] | None = None
) -> AsyncIterator[HttpLoad]:
    """Yield the load for an address, which is to answer with the status `wants`."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=PATIENCE_S),
        headers=headers,
    ) as session:
        yield HttpLoad(session, url, wants=wants)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
