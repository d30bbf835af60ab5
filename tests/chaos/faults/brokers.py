"""Faults of the broker, of its disk and of the way to it."""

import asyncio
import signal

from tests.chaos.faults.fault import OF_ALL_WORKERS, Fault, frozen, in_weather, signalled
from tests.chaos.proxy import Weather
from tests.chaos.system import SESSION_TIMEOUT_MS
from tests.chaos.world import World

_LOST_WAYS = (Weather.CUT, Weather.RESET, Weather.HALF_OPEN)


async def _freeze(world: World) -> None:
    await frozen(world.process("kafka"), 4.0)


async def _kill(world: World) -> None:
    await signalled(world, "kafka", signal.SIGKILL)


async def _fill_disk(world: World) -> None:
    """Leave no space for messages until the broker has given up, and a little longer."""
    since = world.mark()
    with world.system.disk.full():
        await world.failed("kafka", since=since)
        await asyncio.sleep(1.0)
    await world.back("kafka", since=since)


async def _lose_way(world: World) -> None:
    """Cut the workers off, for longer than their session lasts."""
    await in_weather(world, world.system.to_kafka, _LOST_WAYS, 1.5 * SESSION_TIMEOUT_MS / 1000)


def _no_disk(world: World) -> str:
    return "" if world.system.disk.is_mounted else "needs root, to mount a small disk"


FAULTS = (
    Fault(
        code="F4",
        what="freeze the broker",
        inject=_freeze,
        times=10,
        quick_times=1,
        repeats_each=OF_ALL_WORKERS,
    ),
    Fault(
        code="F5",
        what="kill -9 the broker",
        inject=_kill,
        times=20,
        quick_times=2,
        repeats_each=OF_ALL_WORKERS,
    ),
    Fault(
        code="F10",
        what="fill the broker's disk",
        inject=_fill_disk,
        times=5,
        quick_times=1,
        repeats_each=OF_ALL_WORKERS,
        why_not=_no_disk,
    ),
    Fault(
        code="F11a",
        what="cut all workers off from the broker",
        inject=_lose_way,
        times=10,
        quick_times=1,
        repeats_each=OF_ALL_WORKERS,
    ),
)
