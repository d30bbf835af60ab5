"""Faults of Triton, of the models in it and of the way to it."""

import asyncio
import contextlib
import signal

import aiohttp

from deploy.local.proxy import Weather
from deploy.local.triton import ADMIN_HEADER
from tests.chaos.faults.fault import OF_ALL_WORKERS, Fault, frozen, in_weather, signalled
from tests.chaos.mood import SPOILT, Mood
from tests.chaos.system import MODEL, WORKERS
from tests.chaos.world import World

_BAD_WAYS = (Weather.CUT, Weather.RESET, Weather.HALF_OPEN, Weather.LATENCY, Weather.SLOW)


async def _kill_stub(world: World) -> None:
    """Kill a process that runs the model; Triton itself lives on and calls itself healthy."""
    stub = await world.parts.process_of_model(MODEL)
    since = world.parts.mark()
    stub.kill()
    await world.parts.back("triton", since=since)


async def _kill(world: World) -> None:
    await signalled(world, "triton", signal.SIGKILL)


async def _freeze(world: World) -> None:
    await frozen(await world.parts.process("triton"), 3.0)


async def _unload(world: World) -> None:
    """Take the model out for a while, as a repository does that is being renewed."""
    server = world.system.triton
    key = {ADMIN_HEADER: server.admin_key}
    async with aiohttp.ClientSession(server.http, headers=key, raise_for_status=True) as triton:
        await triton.post(f"/v2/repository/models/{MODEL}/unload", json={})
        await asyncio.sleep(2.0)
        # The supervisor may have been quicker, and started a Triton that has the model.
        with contextlib.suppress(aiohttp.ClientError):
            await triton.post(f"/v2/repository/models/{MODEL}/load", json={})
    await world.parts.settled(["triton"])


async def _spoil(world: World) -> None:
    """Serve a faulty version that says OK and answers nonsense; workers may stop for that."""
    await _in_mood(world, world.random.choice(SPOILT), 3.0)
    await world.parts.settled(("triton", *WORKERS))


async def _slow_down(world: World) -> None:
    await _in_mood(world, Mood.SLOW, 12.0)


async def _lose_way(world: World) -> None:
    await in_weather(world, [world.system.to_triton], _BAD_WAYS, 4.0)


async def _in_mood(world: World, mood: Mood, seconds: float) -> None:
    world.system.models.become(mood)
    try:
        await asyncio.sleep(seconds)
    finally:
        world.system.models.become(Mood.FAIR)


FAULTS = (
    Fault(code="F6a", what="kill the model's process in Triton", inject=_kill_stub, times=5, quick_times=1),
    Fault(code="F6b", what="kill -9 Triton", inject=_kill, times=5, quick_times=1),
    Fault(code="F6c", what="freeze Triton", inject=_freeze, times=5, quick_times=1),
    Fault(code="F7", what="unload the model and load it again", inject=_unload, times=5, quick_times=1),
    Fault(
        code="F8",
        what="a model that answers nonsense",
        inject=_spoil,
        times=10,
        quick_times=3,
        repeats_each=OF_ALL_WORKERS,
    ),
    Fault(code="F11b", what="a bad way to Triton", inject=_lose_way, times=6, quick_times=2),
    Fault(code="F15", what="a model that takes seconds", inject=_slow_down, times=2, quick_times=1),
)
