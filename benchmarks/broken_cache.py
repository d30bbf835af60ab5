"""Cost of a broken Redis: the same worker and messages with the cache off and with a failing one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import psutil
from redis.asyncio import Redis
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed

from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.identity import MESSAGES_COUNT, OURS
from benchmarks.identity_tasks import MODEL
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.stack import stack_under_test
from benchmarks.stream_run import work_off
from benchmarks.texts import so_many
from benchmarks.topics import messages
from deploy.local.child import Child
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.proxy import Proxy, Weather
from deploy.local.redis import RedisServer
from deploy.local.stack import LocalStack

OFF = ""
"""Address that means no Redis."""

GOAL = Goal(at_least=0.95)
_KEYS_A_CALL = 1000


@dataclass(frozen=True, slots=True)
class Pair:
    """Messages per second without a cache, and with a failing one."""

    off: float
    broken: float


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the rate with each broken Redis over that with the cache off."""
    texts = so_many(bench.texts, MESSAGES_COUNT)
    async with stack_under_test(bench, MODEL) as stack, AsyncExitStack() as exits:
        caches = await _caches(exits, stack)

        async def rate_per_s(url: str) -> float:
            run = await work_off(_with(url), messages(texts), stack, models=bench.models)
            return run.rate_per_s

        # A warm-up run: it fills Redis with the results that are then garbled.
        await rate_per_s(caches["lying"])
        pairs: dict[str, list[Pair]] = {name: [] for name in caches}
        for number in range(1, bench.rounds + 1):
            for name, url in caches.items():
                if name == "lying":
                    await _garble(url)
                pairs[name].append(await _pair(rate_per_s, url, is_off_first=number % 2 == 1))
            now = ", ".join(
                f"{name} {each[-1].broken:.0f} of {each[-1].off:.0f}" for name, each in pairs.items()
            )
            bench.say(f"round {number}, messages a second: {now}")
    return [_compared(name, each, len(texts)) for name, each in pairs.items()]


async def _pair(rate_per_s: Callable[[str], Awaitable[float]], url: str, *, is_off_first: bool) -> Pair:
    """Measure both, one right after the other and first in turns, as the machine's speed drifts."""
    rates = {each: await rate_per_s(each) for each in ((OFF, url) if is_off_first else (url, OFF))}
    return Pair(off=rates[OFF], broken=rates[url])


def _compared(name: str, pairs: Sequence[Pair], messages_count: int) -> Measure:
    off, broken = [pair.off for pair in pairs], [pair.broken for pair in pairs]
    return ratio(
        f"identity model: Redis {name} / cache off",
        broken,
        off,
        goal=GOAL,
        facts={"messages": messages_count, "off_per_s": rounded(off), "per_s": rounded(broken)},
    )


async def _caches(exits: AsyncExitStack, stack: LocalStack) -> dict[str, str]:
    """Return the address of each Redis by its fault."""
    frozen, sound = [await exits.enter_async_context(_redis(stack, name)) for name in ("frozen", "sound")]
    proxy = Proxy(LOOPBACK, sound.port.number, latency_s=2.0)
    await exits.enter_async_context(proxy.running())
    proxy.become(Weather.LATENCY)
    return {
        "dead": f"redis://{LOOPBACK}:{free_port()}/0",
        "frozen": frozen.url,
        "2 s slow": f"redis://{LOOPBACK}:{proxy.port}/0",
        "lying": sound.url,
    }


@asynccontextmanager
async def _redis(stack: LocalStack, name: str) -> AsyncIterator[RedisServer]:
    """Start a Redis without a supervisor, which would repair it."""
    server = RedisServer()
    child = await Child.start(server.part(), stack.folder / f"redis-{name}.log")
    try:
        async for attempt in AsyncRetrying(wait=wait_fixed(0.1), stop=stop_after_delay(10.0), reraise=True):
            with attempt:
                await server.ping()
        if name == "frozen":
            psutil.Process(child.pid).suspend()
        yield server
    finally:
        await asyncio.shield(child.kill())


def _with(url: str) -> Contender:
    return replace(OURS, env={"TIDEMILL__REDIS__URL": url}) if url else OURS


async def _garble(url: str) -> None:
    """Replace all cached results by foreign bytes."""
    redis = Redis.from_url(url)
    try:
        keys = [key async for key in redis.scan_iter(count=10_000)]
        for start in range(0, len(keys), _KEYS_A_CALL):
            await redis.mset(dict.fromkeys(keys[start : start + _KEYS_A_CALL], b"no result of ours"))
    finally:
        await redis.aclose()
