"""The faults, each by real means: signals to real processes."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil

from tests.chaos.world import SESSION_TIMEOUT_MS, UNCOMMITTED_RECORDS, WORKERS, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to break the system, and what may come of it."""

    code: str
    what: str
    inject: Callable[[World], Awaitable[None]]
    """Breaks something once, and returns when that is mended."""

    times: int
    quick_times: int
    repeats_each: int = 0
    """Results that at least once may repeat for each time; exactly once repeats none."""


async def _kill_worker(world: World) -> None:
    await _signalled(world, world.random.choice(WORKERS), signal.SIGKILL)


async def _stop_worker(world: World) -> None:
    await _signalled(world, world.random.choice(WORKERS), signal.SIGTERM)


async def _freeze_worker(world: World) -> None:
    """Leave it for dead for twice its session, then let it go on where it was."""
    await _frozen(world.process(world.random.choice(WORKERS)), 2 * SESSION_TIMEOUT_MS / 1000)


async def _freeze_broker(world: World) -> None:
    await _frozen(world.process("kafka"), 4.0)


async def _kill_broker(world: World) -> None:
    await _signalled(world, "kafka", signal.SIGKILL)


async def _kill_stub(world: World) -> None:
    """Kill a process that runs the model; Triton itself lives on and calls itself healthy."""
    since = world.mark()
    stub = next(
        child
        for child in world.process("triton").children(recursive=True)
        if any("identity" in word for word in child.cmdline())
    )
    stub.kill()
    await world.back("triton", since=since)


async def _kill_triton(world: World) -> None:
    await _signalled(world, "triton", signal.SIGKILL)


async def _freeze_triton(world: World) -> None:
    await _frozen(world.process("triton"), 3.0)


async def _kill_redis(world: World) -> None:
    await _signalled(world, "redis", signal.SIGKILL)


async def _freeze_redis(world: World) -> None:
    await _frozen(world.process("redis"), 3.0)


async def _signalled(world: World, part: str, number: signal.Signals) -> None:
    since = world.mark()
    world.process(part).send_signal(number)
    await world.back(part, since=since)


async def _frozen(process: psutil.Process, seconds: float) -> None:
    process.suspend()
    try:
        await asyncio.sleep(seconds)
    finally:
        process.resume()


FAULTS = (
    Fault(
        code="F1",
        what="kill -9 a worker",
        inject=_kill_worker,
        times=100,
        quick_times=6,
        repeats_each=UNCOMMITTED_RECORDS,
    ),
    Fault(code="F2", what="SIGTERM a worker", inject=_stop_worker, times=20, quick_times=3),
    Fault(
        code="F3",
        what="freeze a worker for two sessions",
        inject=_freeze_worker,
        times=10,
        quick_times=1,
        repeats_each=UNCOMMITTED_RECORDS,
    ),
    Fault(
        code="F4",
        what="freeze the broker",
        inject=_freeze_broker,
        times=10,
        quick_times=2,
        repeats_each=len(WORKERS) * UNCOMMITTED_RECORDS,
    ),
    Fault(
        code="F5",
        what="kill -9 the broker",
        inject=_kill_broker,
        times=20,
        quick_times=2,
        repeats_each=len(WORKERS) * UNCOMMITTED_RECORDS,
    ),
    Fault(code="F6a", what="kill the model's process in Triton", inject=_kill_stub, times=10, quick_times=1),
    Fault(code="F6b", what="kill -9 Triton", inject=_kill_triton, times=10, quick_times=1),
    Fault(code="F6c", what="freeze Triton", inject=_freeze_triton, times=10, quick_times=2),
    Fault(code="F9a", what="kill -9 Redis", inject=_kill_redis, times=20, quick_times=2),
    Fault(code="F9b", what="freeze Redis", inject=_freeze_redis, times=20, quick_times=2),
)
