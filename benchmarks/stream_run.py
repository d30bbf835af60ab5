"""One contender works off a full topic: how fast, at what cost."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import Contender, Running, Usage, running
from benchmarks.cpu import all_cpu_s
from benchmarks.rates import rate_per_s
from benchmarks.topics import Results, fill
from deploy.local.stack import LocalStack
from shared.errors import ConfigError
from shared.events import Event
from shared.settings import KafkaSettings

LOOK_EVERY_S = 0.25
FULL_SWING = (0.2, 0.9)
"""Shares of the results between which as much is in flight at the end as at the beginning."""

PATIENCE_S = 60.0
"""So long may a contender start, or stand still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRun:
    """What one run gave."""

    rate_per_s: float
    cpu_us: float
    """CPU time of the contender's process, a message, while it was in full swing."""

    all_cpu_us: float
    """The same of the contender, Kafka and Triton together."""

    peak_bytes: int
    results_count: int


@dataclass(frozen=True, slots=True)
class _Look:
    """How far a contender was at one moment."""

    results_count: int
    usage: Usage
    all_cpu_s: float


async def work_off(
    contender: Contender,
    events: Sequence[Event],
    stack: LocalStack,
    *,
    models: Path,
    enough: int | None = None,
) -> StreamRun:
    """Fill the topic, start the contender and return once it has answered all (or `enough`) events.

    Raises ConfigError when it ends before, or stands still.
    """
    kafka = KafkaSettings(bootstrap=stack.addresses.kafka_bootstrap)
    await fill(kafka, events)
    async with AsyncExitStack() as exits:
        results = await Results.on(kafka, contender.writes)
        exits.push_async_callback(results.aclose)
        process = await exits.enter_async_context(running(contender, stack, models))
        looks = await _watch(process, results, enough or len(events))
        records = await results.read()
    start, end = _full_swing(looks)
    handled_count = max(1, end.results_count - start.results_count)
    return StreamRun(
        rate_per_s=rate_per_s(records),
        cpu_us=(end.usage.cpu_s - start.usage.cpu_s) / handled_count * 1e6,
        all_cpu_us=(end.all_cpu_s - start.all_cpu_s) / handled_count * 1e6,
        peak_bytes=looks[-1].usage.peak_bytes,
        results_count=len(records),
    )


async def _watch(process: Running, results: Results, wanted: int) -> list[_Look]:
    """Look now and then until `wanted` results are there."""
    loop = asyncio.get_running_loop()
    looks = [_Look(0, process.usage(), all_cpu_s())]
    moved_at_s = loop.time()
    while looks[-1].results_count < wanted:
        await asyncio.sleep(LOOK_EVERY_S)
        look = _Look(await results.count(), process.usage(), all_cpu_s())
        if look.results_count > looks[-1].results_count:
            moved_at_s = loop.time()
        elif loop.time() - moved_at_s > PATIENCE_S:
            raise ConfigError(f"no result for {PATIENCE_S:.0f} s after {look.results_count} of {wanted}")
        looks.append(look)
    return looks


def _full_swing(looks: Sequence[_Look]) -> tuple[_Look, _Look]:
    """Return two looks between which all was in full swing; the first and last where there are too few."""
    low, high = (share * looks[-1].results_count for share in FULL_SWING)
    swing = [look for look in looks if low <= look.results_count <= high]
    return (swing[0], swing[-1]) if len(swing) > 1 else (looks[0], looks[-1])
