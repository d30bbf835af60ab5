"""What a broken Redis costs: the same worker and messages with the cache off, and with one that fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import psutil
from redis.asyncio import Redis
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed

from benchmarks.bench import Bench
from benchmarks.contender import Contender
from benchmarks.identity import MESSAGES_COUNT, OURS
from benchmarks.identity_plan import MODEL
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

OFF = "off"
GOAL = Goal(at_least=0.95)
_KEYS_A_CALL = 1000


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the rate with each broken Redis over that with the cache off."""
    texts = so_many(bench.texts, MESSAGES_COUNT)
    rates: dict[str, list[float]] = {}
    async with stack_under_test(bench, MODEL) as stack, AsyncExitStack() as exits:
        caches = await _caches(exits, stack)
        # Once without counting, so that Redis holds the results that the lying one then garbles.
        await work_off(_with(caches["lying"]), messages(texts), stack, models=bench.models)
        for number in range(1, bench.rounds + 1):
            for name, url in caches.items():
                if name == "lying":
                    await _garble(url)
                run = await work_off(_with(url), messages(texts), stack, models=bench.models)
                rates.setdefault(name, []).append(run.rate_per_s)
            now = ", ".join(f"{name} {found[-1]:.0f}/s" for name, found in rates.items())
            bench.say(f"round {number}: {now}")
    return [
        ratio(
            f"identity model: Redis {name} / cache off",
            found,
            rates[OFF],
            goal=GOAL,
            facts={"messages": len(texts), "off_per_s": rounded(rates[OFF]), "per_s": rounded(found)},
        )
        for name, found in rates.items()
        if name != OFF
    ]


async def _caches(exits: AsyncExitStack, stack: LocalStack) -> dict[str, str]:
    """Return the address of each Redis by what is wrong with it; empty where the cache is off."""
    frozen, sound = [await exits.enter_async_context(_redis(stack, name)) for name in ("frozen", "sound")]
    proxy = Proxy(LOOPBACK, sound.port.number, latency_s=2.0)
    await exits.enter_async_context(proxy.running())
    proxy.become(Weather.LATENCY)
    return {
        OFF: "",
        "dead": f"redis://{LOOPBACK}:{free_port()}/0",
        "frozen": frozen.url,
        "2 s slow": f"redis://{LOOPBACK}:{proxy.port}/0",
        "lying": sound.url,
    }


@asynccontextmanager
async def _redis(stack: LocalStack, name: str) -> AsyncIterator[RedisServer]:
    """Start one that nobody watches: it may be as broken as it likes."""
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
    """Put foreign bytes in the place of all results."""
    redis = Redis.from_url(url)
    try:
        keys = [key async for key in redis.scan_iter(count=10_000)]
        for start in range(0, len(keys), _KEYS_A_CALL):
            await redis.mset(dict.fromkeys(keys[start : start + _KEYS_A_CALL], b"no result of ours"))
    finally:
        await redis.aclose()
