"""Counts of what keys have used: in Redis, common to all processes; in memory while Redis is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from shared.cache.breaker import Breaker
from shared.cache.pool import connection_pool

_DEADLINE_S = 0.1
_CONNECTIONS = 8
_ALONE_FOR_S = 5.0
_FAILURES = 3

log = structlog.get_logger()
T = TypeVar("T")


class LocalCounts:
    """Counts of this process alone."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, item: RateLimitItem, key: str, *, cost: int) -> bool:
        """Return whether the tokens were there, and have been taken."""
        return await self._limiter.hit(item, key, cost=cost)

    async def window(self, item: RateLimitItem, key: str) -> tuple[float, int]:
        """Return when the next tokens come back, in seconds since 1970, and how many are left."""
        reset_s, left = await self._limiter.get_window_stats(item, key)
        return reset_s, left


class RedisCounts:
    """Counts in Redis. While it is away each process counts for itself, from zero on."""

    def __init__(self, url: str, *, ca_file: str | None, alone_for_s: float = _ALONE_FOR_S) -> None:
        """Make the client; it connects with the first question."""
        self._pool = connection_pool(
            url, ca_file=ca_file, count=_CONNECTIONS, wait_s=_DEADLINE_S, answer_s=_DEADLINE_S
        )
        pool: Any = self._pool  # `limits` passes it on, and does not say so
        storage = RedisStorage(
            "async+redis://",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="tidemill:rates",
            connection_pool=pool,
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._local = LocalCounts()
        self._breaker = Breaker(open_s=alone_for_s, failures_to_open=_FAILURES)

    async def hit(self, item: RateLimitItem, key: str, *, cost: int) -> bool:
        """Return whether the tokens were there, and have been taken."""
        return await self._ask(
            lambda: self._limiter.hit(item, key, cost=cost), lambda: self._local.hit(item, key, cost=cost)
        )

    async def window(self, item: RateLimitItem, key: str) -> tuple[float, int]:
        """Return when the next tokens come back, in seconds since 1970, and how many are left."""
        return await self._ask(lambda: self._window(item, key), lambda: self._local.window(item, key))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _window(self, item: RateLimitItem, key: str) -> tuple[float, int]:
        reset_s, left = await self._limiter.get_window_stats(item, key)
        return reset_s, left

    async def _ask(self, common: Callable[[], Awaitable[T]], local: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of Redis; that of this process when Redis has none, or is being left alone."""
        now_s = asyncio.get_running_loop().time()
        if not self._breaker.lets_through(now_s):
            return await local()
        try:
            answer = await common()
        except StorageError as error:
            self._fail(now_s, error)
            return await local()
        if not self._breaker.is_closed:
            log.info("rates_common")
        self._breaker.succeed()
        return answer

    def _fail(self, now_s: float, error: StorageError) -> None:
        if self._breaker.fail(now_s):
            log.warning("rates_local", error=type(error.storage_error).__name__)
