"""Faults of the gateway, and of what it stands on, while messages come over HTTP."""

import signal
from functools import partial

from tests.chaos.faults.fault import OF_ALL_WORKERS, Fault, frozen, signalled
from tests.chaos.system import GATEWAY
from tests.chaos.world import World

_FROZEN_S = 5.0
"""Longer than a client waits for an answer."""


async def _kill(world: World) -> None:
    await signalled(world, GATEWAY, signal.SIGKILL)


async def _stop(world: World) -> None:
    await signalled(world, GATEWAY, signal.SIGTERM)


async def _freeze(world: World) -> None:
    await frozen(await world.parts.process(GATEWAY), _FROZEN_S)


async def _kill_broker(world: World) -> None:
    await signalled(world, world.system.kafka[0].name, signal.SIGKILL)


async def _kill_redis(world: World) -> None:
    await signalled(world, "redis", signal.SIGKILL)


_fault = partial(Fault, flow=World.post, repeats_each=OF_ALL_WORKERS)

FAULTS = (
    _fault(code="F21a", what="kill -9 the gateway", inject=_kill, times=10, quick_times=2),
    _fault(code="F21b", what="SIGTERM the gateway", inject=_stop, times=6, quick_times=1),
    _fault(code="F21c", what="freeze the gateway", inject=_freeze, times=4, quick_times=1),
    _fault(
        code="F21d",
        what="kill -9 the broker behind the gateway",
        inject=_kill_broker,
        times=5,
        quick_times=1,
    ),
    _fault(code="F21e", what="kill -9 Redis behind the gateway", inject=_kill_redis, times=5, quick_times=1),
)
