"""Store in Redis. While Redis is away it says so at once, and asks again every few seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.cache.breaker import Breaker
from shared.cache.pool import connection_pool
from shared.cache.store import MemoryStore, Store, StoreAwayError
from shared.settings import RedisSettings

_ADD = """local found = redis.call('GET', KEYS[1])
if found then return found end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return false"""
_REPLACE = """if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1"""

_ANSWER_WITHIN_S = 0.5
_CONNECTION_COUNT = 8
_OPEN_S = 2.0
"""Time for which Redis is left alone after a failure: nobody waits for it meanwhile."""


class RedisStore:
    """Values in the Redis at `url`, shared by all processes."""

    def __init__(self, url: str, *, ca_file: str | None = None) -> None:
        self._url = SecretStr(url)
        self._ca_file = ca_file
        self._client = self._new_client()
        self._breaker = Breaker(open_s=_OPEN_S, failures_to_open=1)

    async def get(self, key: bytes) -> bytes | None:
        """Return the value; None where there is none, or its time is over."""
        [value] = await self._asked(lambda client: client.mget([key]))
        return _bytes(value)

    async def put(self, key: bytes, value: bytes, *, ttl_s: int) -> None:
        """Store a value in place of any other."""
        await self._asked(lambda client: client.set(key, value, ex=ttl_s))

    async def add(self, key: bytes, value: bytes, *, ttl_s: int) -> bytes | None:
        """Store a value where there is none, and return None; else return the one that is there."""
        return _bytes(await self._asked(lambda client: client.eval(_ADD, 1, key, value, ttl_s)))

    async def replace(self, key: bytes, *, old: bytes, new: bytes, ttl_s: int) -> bool:
        """Store `new` where `old` is stored; return whether it was."""
        return bool(await self._asked(lambda client: client.eval(_REPLACE, 1, key, old, new, ttl_s)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _asked(self, command: Callable[[Redis], Awaitable[Any]]) -> Any:
        now_s = asyncio.get_running_loop().time()
        if not self._breaker.lets_through(now_s):
            raise StoreAwayError("Redis is away")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                answer = await command(self._client)
        except (RedisError, OSError, TimeoutError) as error:
            self._breaker.fail(now_s)
            # After an outage the pool would hold dead connections, one for each further failure.
            stale, self._client = self._client, self._new_client()
            await stale.aclose()
            raise StoreAwayError(f"Redis: {type(error).__name__}") from error
        self._breaker.succeed()
        return answer

    def _new_client(self) -> Redis:
        pool = connection_pool(
            self._url.get_secret_value(),
            ca_file=self._ca_file,
            count=_CONNECTION_COUNT,
            wait_s=_ANSWER_WITHIN_S,
            answer_s=_ANSWER_WITHIN_S,
        )
        return Redis.from_pool(pool)


def _bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


def open_store(settings: RedisSettings) -> Store:
    """Return the store in Redis, which connects when it is used; one of this process without an address."""
    if settings.url is None:
        return MemoryStore()
    return RedisStore(settings.url.get_secret_value(), ca_file=settings.ca_file)
