"""Leaks: all services run for long at 70 % of their rate, and their resources are compared."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import aiohttp
from tenacity import AsyncRetrying, retry_if_result, wait_fixed

from benchmarks.bench import Bench
from benchmarks.footprint import Footprint, footprint
from benchmarks.measure import Goal, Measure, rounded
from benchmarks.mixed_load import MixedLoad
from benchmarks.open_loop import even, offer
from deploy.local.part import PartEvent
from deploy.local.samples.news import generate_news
from deploy.local.stack import KafkaKind, StackPlan, local_stack
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.progress import caught_up
from shared.bus.port import Producer
from shared.catalogue import BULK_MODELS, SERVICES
from shared.errors import ConfigError
from shared.settings import KafkaSettings
from tidemill.parts import ServiceParts

LOAD_SHARE = 0.7
WARMING_COUNT, FULL_COUNT = 4_000, 12_000
"""Records that are sent at once and processed to find the full rate."""

LOOK_EVERY_S = 2.0
LOOKS_A_MINUTE = 30
_ASK_EVERY_S = 0.25
GOAL = Goal(at_most=1.1)
Looks = dict[str, list[Footprint]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource that can leak, and the statistic by which it is compared."""

    of: Callable[[Footprint], float]
    typical: Callable[[Sequence[float]], float]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "memory": Kind(lambda look: look.memory_mb, statistics.median),
        # Not the fewest: while connections are made anew, for a moment there are fewer of them.
        "open descriptors": Kind(lambda look: look.descriptors_count, statistics.median),
        # The fewest: what works on records comes and goes with them, and only a leak stays.
        "threads": Kind(lambda look: look.threads_count, min),
        "tasks": Kind(lambda look: look.tasks_count, min),
    }
)


@dataclass(frozen=True, slots=True)
class _System:
    """All services on a stack of their own."""

    kafka: KafkaSettings
    producer: Producer
    urls: Mapping[str, str]
    pids: dict[str, int] = field(default_factory=dict)
    """Process ids of the parts, by the last start of each."""


async def measure(bench: Bench) -> Sequence[Measure]:
    """Return the services' resources at the end over those at the beginning, one figure per kind."""
    load = MixedLoad(bench.texts, generate_news())
    async with _running(bench) as system:
        await _work_off(system, load, WARMING_COUNT)
        full_per_s = FULL_COUNT / await _work_off(system, load, FULL_COUNT)
        per_s = LOAD_SHARE * full_per_s
        bench.say(f"{full_per_s:.0f} records a second at the most; {per_s:.0f} for {bench.minutes:g} min")
        moments = even(per_s, lasting_s=bench.minutes * 60)
        sending = asyncio.create_task(offer(system.producer, load, moments))
        looks = await _look_on(system, sending, bench)
        sent_count = await sending
    facts = {
        "minutes": bench.minutes,
        "full_per_s": round(full_per_s),
        "offered_per_s": round(per_s),
        "sent": sent_count,
        "most_waiting": {name: max(look.waiting_count for look in held) for name, held in looks.items()},
    }
    return [_grown(kind, looks, facts) for kind in KINDS]


@asynccontextmanager
async def _running(bench: Bench) -> AsyncIterator[_System]:
    pids: dict[str, int] = {}

    def note(event: PartEvent) -> None:
        if event.pid is not None:
            pids[event.part] = event.pid

    parts = ServiceParts(bench.models, bench.models / "intents.json")
    plan = StackPlan(
        kafka=KafkaKind.REAL,
        models=bench.models,
        bulk=BULK_MODELS,
        services=parts,
        on_event=note,
        say=bench.say,
    )
    async with local_stack(plan) as stack:
        kafka = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
        producer = KafkaBus(kafka).producer()
        await producer.start()
        try:
            yield _System(kafka, producer, parts.urls, pids)
        finally:
            await producer.stop()


async def _work_off(system: _System, load: MixedLoad, count: int) -> float:
    """Return the seconds in which all services process this many records that arrive at once."""
    clock = asyncio.get_running_loop().time
    began_s = clock()
    await offer(system.producer, load, [0.0] * count)
    asking = AsyncRetrying(retry=retry_if_result(lambda done: not done), wait=wait_fixed(_ASK_EVERY_S))
    await asking(caught_up, system.kafka, SERVICES)
    return clock() - began_s


async def _look_on(system: _System, sending: asyncio.Task[int], bench: Bench) -> Looks:
    """Return each service's resources, every two seconds until all is sent.

    Raises ConfigError when a service has ended, even if it was started again.
    """
    first_pids = dict(system.pids)
    looks: Looks = {service.name: [] for service in SERVICES}
    async with aiohttp.ClientSession() as session:
        while not sending.done():
            await asyncio.wait([sending], timeout=LOOK_EVERY_S)
            if lost := [name for name in looks if system.pids[name] != first_pids[name]]:
                raise ConfigError(f"{lost[0]} was started anew; its log lies below .stack/run")
            for name, held in looks.items():
                held.append(await footprint(session, system.urls[name], system.pids[name]))
            if len(looks[SERVICES[0].name]) % LOOKS_A_MINUTE == 1:
                bench.say(", ".join(f"{name} {held[-1].memory_mb:.0f} MB" for name, held in looks.items()))
    return looks


def _grown(kind: str, looks: Looks, facts: Mapping[str, Any]) -> Measure:
    """Return the growth of the service that grew most."""
    held = {name: [KINDS[kind].of(look) for look in each] for name, each in looks.items()}
    growth = {name: grown(values, KINDS[kind].typical) for name, values in held.items()}
    most = max(growth, key=growth.__getitem__)
    return Measure(
        name=f"70 % load: {kind}, at the end / at the beginning, {most}",
        unit="x",
        rounds=(growth[most],),
        goal=GOAL,
        facts={
            **facts,
            "growth": {name: round(value, 4) for name, value in growth.items()},
            "each_minute": {name: rounded(values[::LOOKS_A_MINUTE]) for name, values in held.items()},
        },
    )


def grown(values: Sequence[float], typical: Callable[[Sequence[float]], float]) -> float:
    """Return the typical value of the last sixth over that of the second; the first one is the warm-up."""
    sixth = max(1, len(values) // 6)
    return typical(values[-sixth:]) / typical(values[sixth : 2 * sixth] or values[:1])
