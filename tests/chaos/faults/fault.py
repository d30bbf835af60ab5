"""Fault: an injection into the running system, and the few ways in which most faults work."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

from deploy.local.proxy import Proxy, Weather
from shared.settings import Delivery
from tests.chaos.system import UNCOMMITTED_RECORDS, WORKERS
from tests.chaos.versions import OLD
from tests.chaos.world import World

OF_ONE_WORKER = UNCOMMITTED_RECORDS
OF_ALL_WORKERS = len(WORKERS) * UNCOMMITTED_RECORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break the system, and what may come of it."""

    code: str
    what: str
    inject: Callable[[World], Awaitable[None]]
    """Breaks something once, and returns when that is mended."""

    times: int
    quick_times: int
    flow: Callable[[World, asyncio.Event], Coroutine[Any, Any, None]] = World.flow
    """Sends messages meanwhile, until it is told to stop."""

    quick_in: tuple[Delivery, ...] = ("at-least-once",)
    """The ways to deliver in which a quick run tries it."""

    repeats_each: int = 0
    """Results that at least once may repeat for each time; exactly once repeats none."""

    versions: tuple[str, ...] = (OLD,)
    """Versions of the model of which each must have given results."""

    nodes: int = 1
    """Brokers of the Kafka that it breaks."""

    why_not: Callable[[World], str] = lambda _world: ""
    """Returns why this machine can't break so; empty where it can."""


async def signalled(world: World, part: str, number: signal.Signals) -> None:
    """Send a signal that ends a part, and return when its successor is ready."""
    process = await world.parts.process(part)
    since = world.parts.mark()
    process.send_signal(number)
    await world.parts.back(part, since=since)


async def frozen(process: psutil.Process, seconds: float) -> None:
    """Stop a process for so long, as a machine does that swaps or a virtual one that is moved."""
    process.suspend()
    try:
        await asyncio.sleep(seconds)
    finally:
        with suppress(psutil.NoSuchProcess):  # when the supervisor found it broken in the meantime
            process.resume()


async def in_weather(
    world: World, ways: Sequence[Proxy], weathers: Sequence[Weather], seconds: float
) -> None:
    """Let one kind of bad weather, drawn by lot, stand on the ways from the workers to a part."""
    weather = world.random.choice(weathers)
    for way in ways:
        way.become(weather)
    try:
        await asyncio.sleep(seconds)
    finally:
        for way in ways:
            way.become(Weather.FAIR)
