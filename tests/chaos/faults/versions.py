"""Another version of the model comes into service in mid-stream, and goes again."""

import asyncio
import re

import aiohttp

from deploy.local.triton import ADMIN_HEADER
from deploy.local.triton_models import lay_out
from tests.chaos.faults.fault import Fault
from tests.chaos.system import MODEL
from tests.chaos.versions import NEW, OLD
from tests.chaos.world import World

_SERVED_S = 1.5
"""How long the new version answers: some hundred messages."""

_VERSION = re.compile(rf'^tidemill_model_version{{model="{MODEL}"}} (\d+)', re.MULTILINE)
_ASK_EVERY_S = 0.1
_WITHIN_S = 60.0


async def _swap(world: World) -> None:
    """Bring the new version into service and take it back, by lot as one should or the hard way."""
    world.system.repository.bring()
    await _load(world)
    await _all_serve(world, NEW)
    await asyncio.sleep(_SERVED_S)
    await world.random.choice((_take_back, _tear_away))(world)
    await world.parts.settled(["triton"])


async def _take_back(world: World) -> None:
    """Take the version from the workers first, and from Triton when none asks for it any more."""
    world.system.repository.take_away()
    await _all_serve(world, OLD)
    await _load(world)


async def _tear_away(world: World) -> None:
    """Take the version from Triton while workers wait for its answers."""
    (world.system.triton.served / MODEL / NEW).unlink()
    await _ask_to_load(world)
    await _all_serve(world, OLD)
    world.system.repository.take_away()


async def _load(world: World) -> None:
    """Have Triton serve what the repository holds now."""
    server = world.system.triton
    lay_out(server.models, [MODEL], server.served)
    await _ask_to_load(world)


async def _ask_to_load(world: World) -> None:
    server = world.system.triton
    key = {ADMIN_HEADER: server.admin_key}
    async with aiohttp.ClientSession(server.http, headers=key, raise_for_status=True) as triton:
        await triton.post(f"/v2/repository/models/{MODEL}/load", json={})


async def _all_serve(world: World, version: str) -> None:
    """Return when each worker says that this version answers. Raises TimeoutError after a minute."""
    async with asyncio.timeout(_WITHIN_S), aiohttp.ClientSession() as session:
        while {await _version(session, worker) for worker in world.system.workers} != {version}:  # noqa: ASYNC110 - workers must be asked
            await asyncio.sleep(_ASK_EVERY_S)


async def _version(session: aiohttp.ClientSession, worker: str) -> str:
    async with session.get(f"{worker}/metrics") as answer:
        found = _VERSION.search(await answer.text())
    return found[1] if found else ""


SWAP = Fault(
    code="F20",
    what="swap the model for another version, and back",
    inject=_swap,
    times=5,
    quick_times=1,
    quick_in=("at-least-once", "exactly-once"),
    versions=(OLD, NEW),
)
FAULTS = (SWAP,)
