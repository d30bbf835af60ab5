"""Faults of Redis, of what it holds and of the way to it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from deploy.local.proxy import Weather
from tests.chaos.faults.fault import Fault, frozen, in_weather, signalled
from tests.chaos.world import World

_REPEATED_MESSAGES = 50
_BAD_WAYS = (Weather.LATENCY, Weather.CUT, Weather.HALF_OPEN)


async def _kill(world: World) -> None:
    await signalled(world, "redis", signal.SIGKILL)


async def _freeze(world: World) -> None:
    await frozen(await world.parts.process("redis"), 3.0)


async def _lose_way(world: World) -> None:
    await in_weather(world, [world.system.to_redis], _BAD_WAYS, 3.0)


async def _garble(world: World) -> None:
    """Flip bits in what Redis answers, while messages come that it has the results of."""
    messages = world.messages(_REPEATED_MESSAGES)
    await world.send(messages)
    world.system.to_redis.become(Weather.CORRUPT)
    await world.send(messages)
    await asyncio.sleep(1.0)
    world.system.to_redis.become(Weather.FAIR)


async def _lie(world: World) -> None:
    """Put lists and foreign bytes in the place of results, then ask for these results."""
    messages = world.messages(_REPEATED_MESSAGES)
    await world.send(messages)
    async with _redis(world) as redis:
        for number, key in enumerate([key async for key in redis.scan_iter(count=1000)]):
            if number % 2:
                await redis.set(key, b"no result of ours")
            else:
                await redis.delete(key)
                await redis.rpush(key, b"a list")
    await world.send(messages)


async def _leave_no_room(world: World) -> None:
    """Let Redis refuse every write, as it does when its memory is full and nothing may be evicted."""
    async with _redis(world) as redis:
        before = await redis.config_get("maxmemory*")
        await _configure(redis, {"maxmemory-policy": "noeviction", "maxmemory": "1"})
        await asyncio.sleep(3.0)
        await _configure(redis, {str(name): value or "" for name, value in before.items()})


async def _configure(redis: Redis, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        await redis.config_set(name, value)


@asynccontextmanager
async def _redis(world: World) -> AsyncIterator[Redis]:
    redis = Redis.from_url(world.system.redis.url)
    try:
        yield redis
    finally:
        await redis.aclose()


FAULTS = (
    Fault(code="F9a", what="kill -9 Redis", inject=_kill, times=6, quick_times=1),
    Fault(code="F9b", what="freeze Redis", inject=_freeze, times=5, quick_times=1),
    Fault(code="F9c", what="a bad way to Redis", inject=_lose_way, times=5, quick_times=1),
    Fault(code="F9d", what="flipped bits in what Redis answers", inject=_garble, times=10, quick_times=2),
    Fault(code="F9e", what="foreign values in Redis", inject=_lie, times=10, quick_times=2),
    Fault(code="F9f", what="no room in Redis", inject=_leave_no_room, times=3, quick_times=1),
)
