"""Faults of the broker, of its disk and of the way to it."""

import asyncio
import signal
from functools import partial

from deploy.local.proxy import Weather
from tests.chaos.faults.fault import OF_ALL_WORKERS, Fault, frozen, in_weather, signalled
from tests.chaos.system import SESSION_TIMEOUT_MS
from tests.chaos.world import World

_LOST_WAYS = (Weather.CUT, Weather.RESET, Weather.HALF_OPEN)
_LOST_FOR_S = 1.5 * SESSION_TIMEOUT_MS / 1000
_LED_BY_OTHERS_S = 12.0
"""Kafka's own session of a broker is 9 s."""


async def _freeze(world: World) -> None:
    await frozen(await world.parts.process(_one_of(world)), 4.0)


async def _freeze_for_long(world: World) -> None:
    """Leave it for dead until others lead its partitions, then let it go on as if it led them still."""
    await frozen(await world.parts.process(_one_of(world)), _LED_BY_OTHERS_S)


async def _kill(world: World) -> None:
    await signalled(world, _one_of(world), signal.SIGKILL)


async def _fill_disk(world: World) -> None:
    """Leave no space for messages until the broker has given up, and a little longer."""
    since = world.parts.mark()
    with world.system.disk.full():
        await world.parts.failed("kafka", since=since)
        await asyncio.sleep(1.0)
    await world.parts.back("kafka", since=since)


async def _lose_way(world: World) -> None:
    """Cut the workers off, for longer than their session lasts."""
    await in_weather(world, world.system.to_kafka, _LOST_WAYS, _LOST_FOR_S)


async def _lose_one_way(world: World) -> None:
    """Cut the workers off from one broker, which the others still see."""
    await in_weather(world, [world.random.choice(world.system.to_kafka)], _LOST_WAYS, _LOST_FOR_S)


def _one_of(world: World) -> str:
    return world.random.choice(world.system.kafka).name


def _no_disk(world: World) -> str:
    return "" if world.system.disk.is_mounted else "needs root, to mount a small disk"


# A quick run tries these where they are hardest; any worker may have been at work.
_fault = partial(Fault, quick_in=("exactly-once",), repeats_each=OF_ALL_WORKERS)

FAULTS = (
    _fault(code="F4a", what="freeze the broker", inject=_freeze, times=5, quick_times=1),
    _fault(code="F5a", what="kill -9 the broker", inject=_kill, times=10, quick_times=2),
    _fault(
        code="F10",
        what="fill the broker's disk",
        inject=_fill_disk,
        times=4,
        quick_times=1,
        why_not=_no_disk,
    ),
    _fault(code="F11a", what="cut all workers off from the broker", inject=_lose_way, times=5, quick_times=1),
    _fault(
        code="F4b",
        what="freeze one of three brokers",
        inject=_freeze_for_long,
        times=5,
        quick_times=1,
        nodes=3,
    ),
    _fault(code="F5b", what="kill -9 one of three brokers", inject=_kill, times=10, quick_times=1, nodes=3),
    _fault(
        code="F11c",
        what="cut all workers off from one of three brokers",
        inject=_lose_one_way,
        times=5,
        quick_times=1,
        nodes=3,
    ),
)
