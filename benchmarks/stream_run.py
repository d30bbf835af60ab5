"""One contender processes a full topic: its rate and its cost."""

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
"""Shares of the results between which the number of records in flight is the same."""

PATIENCE_S = 60.0
"""Longest time for a contender to start, and between two results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRun:
    """Rate and cost of one run."""

    rate_per_s: float
    cpu_us: float
    """CPU time of the contender per message at its full rate."""

    all_cpu_us: float
    """CPU time of the contender, Kafka and Triton together, per message."""

    peak_bytes: int
    results_count: int


@dataclass(frozen=True, slots=True)
class _Look:
    """Progress of a contender at one moment."""

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

    Raises ConfigError when it ends before, or stops making progress.
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
    """Look at its progress until `wanted` results are there."""
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
    """Return two looks between which it ran at its full rate; the first and last when there are too few."""
    low, high = (share * looks[-1].results_count for share in FULL_SWING)
    swing = [look for look in looks if low <= look.results_count <= high]
    return (swing[0], swing[-1]) if len(swing) > 1 else (looks[0], looks[-1])
