"""Price of 200 open pages: latency of the pipeline, CPU time and memory of the dashboard."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from benchmarks.bench import Bench
from benchmarks.contender import Contender, Running, running
from benchmarks.live import Live, percentile
from benchmarks.measure import Goal, Measure, ratio, rounded
from benchmarks.memory import TEXT
from benchmarks.stack import stack_under_test
from benchmarks.web_contender import GATEWAY, web_process
from deploy.local.child import Child
from deploy.local.part import Part
from deploy.local.paths import WEB
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.stack import LocalStack
from shared.catalogue import STREAMS
from shared.errors import ConfigError
from shared.settings import KafkaSettings

PAGES = 200
ROUNDS_MIN = 10
LIVE_PER_S = 20.0
PHASE_S = 15.0
MODELS = STREAMS["messages"].models
_VIEWERS_NICE = 19
"""Browsers run on other machines: here they step back behind what is measured."""

_START_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One phase without a page and one with 200 open."""

    alone_ms: Sequence[float]
    beside_ms: Sequence[float]
    cores: float
    """CPU time of the dashboard a second, while pages were open."""

    frames_per_s: float
    """Frames of all viewers."""

    fewest: int
    """Frames of the viewer that got fewest."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A running dashboard."""

    url: str
    process: Running


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the growth of the pipeline's p99 with 200 open pages, and their price in CPU and memory."""
    async with AsyncExitStack() as exits:
        stack = await exits.enter_async_context(stack_under_test(bench, *MODELS))
        live = await exits.enter_async_context(
            Live.on(KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap), bench.texts)
        )
        await exits.enter_async_context(running(TEXT, stack, bench.models))
        gateway = await exits.enter_async_context(web_process(GATEWAY, stack, bench))
        pages = await exits.enter_async_context(_dashboard(gateway.url, stack, bench))
        await live.waits_ms(per_s=LIVE_PER_S, lasting_s=PHASE_S)
        rounds: list[Round] = []
        for number in range(1, max(ROUNDS_MIN, bench.rounds) + 1):
            rounds.append(await _round(stack, live, pages))
            bench.say(f"round {number}: {_told(rounds[-1])}")
        return _measures(rounds, peak_bytes=pages.process.usage().peak_bytes)


def _measures(rounds: Sequence[Round], *, peak_bytes: int) -> Sequence[Measure]:
    facts = {
        "pages": PAGES,
        "live_per_s": LIVE_PER_S,
        "seconds": PHASE_S,
        "alone_p99_ms": rounded(percentile(found.alone_ms, 99) for found in rounds),
        "beside_p99_ms": rounded(percentile(found.beside_ms, 99) for found in rounds),
        "frames_per_s": rounded(found.frames_per_s for found in rounds),
        "fewest_frames": [found.fewest for found in rounds],
    }
    return [
        ratio(
            "p99 of live messages with 200 open pages / without",
            [percentile(found.beside_ms, 99) for found in rounds],
            [percentile(found.alone_ms, 99) for found in rounds],
            goal=Goal(at_most=1.05),
            facts=facts,
        ),
        Measure(
            name="dashboard with 200 open pages: CPU",
            unit="cores",
            rounds=tuple(found.cores for found in rounds),
            goal=Goal(at_most=0.2),
        ),
        Measure(
            name="dashboard with 200 open pages: peak memory",
            unit="MB",
            rounds=(peak_bytes / 1e6,),
            goal=Goal(at_most=200),
        ),
    ]


async def _round(stack: LocalStack, live: Live, pages: Dashboard) -> Round:
    alone_ms = await live.waits_ms(per_s=LIVE_PER_S, lasting_s=PHASE_S)
    viewers = await _opened(stack, f"{pages.url}/streams/now")
    before_s = pages.process.usage().cpu_s
    beside_ms = await live.waits_ms(per_s=LIVE_PER_S, lasting_s=PHASE_S)
    cpu_s = pages.process.usage().cpu_s - before_s
    await viewers.stop()
    told = json.loads(viewers.last_line())
    if told["open"] < PAGES:
        raise ConfigError(f"only {told['open']} of {PAGES} pages stayed open")
    return Round(
        alone_ms=alone_ms,
        beside_ms=beside_ms,
        cores=cpu_s / PHASE_S,
        frames_per_s=told["frames"] / PHASE_S,
        fewest=told["fewest"],
    )


async def _opened(stack: LocalStack, url: str) -> Child:
    command = (sys.executable, "-m", "benchmarks.viewers", url, str(PAGES))
    return await Child.start(
        Part(name="viewers", command=command, nice=_VIEWERS_NICE), stack.folder / "viewers.log"
    )


@asynccontextmanager
async def _dashboard(gateway_url: str, stack: LocalStack, bench: Bench) -> AsyncIterator[Dashboard]:
    port = free_port()
    env = {
        "TIDEMILL__DASHBOARD__PORT": str(port),
        "TIDEMILL__GATEWAY_URL": gateway_url,
        "TIDEMILL__ASSETS_DIR": str(WEB),
    }
    contender = Contender(name="dashboard", module="services.dashboard", writes="", env=env)
    async with running(contender, stack, bench.models) as process:
        pages = Dashboard(f"http://{LOOPBACK}:{port}", process)
        await _served(pages)
        yield pages


async def _served(pages: Dashboard) -> None:
    """Return when a page is served. Raises ConfigError when the process has ended."""
    asking = AsyncRetrying(
        retry=retry_if_exception_type(aiohttp.ClientError),
        wait=wait_fixed(0.2),
        stop=stop_after_delay(_START_WITHIN_S),
        reraise=True,
    )
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async for attempt in asking:
            with attempt:
                pages.process.usage()
                (await session.get(f"{pages.url}/now")).release()


def _told(found: Round) -> str:
    alone, beside = (f"{percentile(waits, 99):.0f} ms" for waits in (found.alone_ms, found.beside_ms))
    return (
        f"p99 alone {alone}, with {PAGES} pages {beside}; "
        f"{found.cores:.3f} cores, {found.frames_per_s:.0f} frames a second"
    )
