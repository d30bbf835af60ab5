"""One fault after the other: messages flow, something breaks, it heals, the books are checked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from functools import cache

from deploy.local.paths import MODELS
from shared.settings import Delivery
from tests.chaos.faults.fault import Fault
from tests.chaos.ledger import Audit, Recompute, audit, longest_silence_s
from tests.chaos.receipts import Receipts
from tests.chaos.recompute import recompute_with, trace_of_input
from tests.chaos.system import WORKER
from tests.chaos.world import World, running_world

_BETWEEN_S = (0.5, 1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Outcome of one fault under one delivery guarantee."""

    fault: Fault
    delivery: Delivery
    times: int
    audit: Audit
    receipts: Receipts
    silence_s: float
    broken: Sequence[str]
    """Promises that were not kept, in words."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A fault that this machine can't bring about."""

    fault: Fault
    why: str


async def outcomes(
    faults: Sequence[Fault], delivery: Delivery, *, is_quick: bool, worker: str = WORKER
) -> AsyncIterator[Outcome | LeftOut]:
    """Break a running system in each of these ways, and yield what came of it."""
    recompute = cache(recompute_with(MODELS))
    for nodes in sorted({fault.nodes for fault in faults}):
        chosen = [fault for fault in faults if fault.nodes == nodes]
        async with running_world(delivery, nodes=nodes, worker=worker) as world:
            for fault in chosen:
                yield await _tried(world, fault, recompute, is_quick=is_quick)


async def _tried(world: World, fault: Fault, recompute: Recompute, *, is_quick: bool) -> Outcome | LeftOut:
    if why := fault.why_not(world):
        return LeftOut(fault, why)
    return await _outcome(world, fault, fault.quick_times if is_quick else fault.times, recompute)


async def _outcome(world: World, fault: Fault, times: int, recompute: Recompute) -> Outcome:
    page, stop = await world.page(), asyncio.Event()
    flowing = asyncio.create_task(fault.flow(world, stop))
    late = []
    for _ in range(times):
        await asyncio.sleep(world.random.uniform(*_BETWEEN_S))
        late += await _unless_in_time(fault.inject(world), "not mended within a minute")
    await asyncio.sleep(_BETWEEN_S[1])
    stop.set()
    await flowing
    late += await _unless_in_time(world.healed(), "not healed within a minute")
    books = await world.books(page)
    found, received = audit(books, recompute, trace_of_input), world.receipts(books)
    allowed = 0 if world.delivery == "exactly-once" else times * fault.repeats_each
    return Outcome(
        fault=fault,
        delivery=world.delivery,
        times=times,
        audit=found,
        receipts=received,
        silence_s=longest_silence_s(books, recompute),
        broken=[
            *late,
            *found.faults(repeats_allowed=allowed, versions=fault.versions),
            *received.faults(),
        ],
    )


async def _unless_in_time(doing: Awaitable[None], complaint: str) -> list[str]:
    try:
        await doing
    except TimeoutError:
        return [complaint]
    return []
