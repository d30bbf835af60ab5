"""Faults of the workers and of their group."""

import asyncio
import signal
from contextlib import suppress

import psutil

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.producer import KafkaTransactions
from shared.bus.record import Partition
from tests.chaos.faults.fault import OF_ONE_WORKER, Fault, frozen, signalled
from tests.chaos.system import SESSION_TIMEOUT_MS, WORKERS
from tests.chaos.world import GROUP, INPUTS, PARTITIONS, World

_SQUEEZED_S = 6
_LONG_MESSAGES_A_SECOND = 40


async def _kill(world: World) -> None:
    await signalled(world, world.random.choice(WORKERS), signal.SIGKILL)


async def _stop(world: World) -> None:
    await signalled(world, world.random.choice(WORKERS), signal.SIGTERM)


async def _freeze(world: World) -> None:
    """Leave it for dead for twice its session, then let it go on where it was."""
    await frozen(await world.parts.process(world.random.choice(WORKERS)), 2 * SESSION_TIMEOUT_MS / 1000)


async def _set_clocks(world: World) -> None:
    """Put one worker an hour ahead and another one an hour behind, then both right again."""
    ahead, behind = [await world.parts.process(name) for name in world.random.sample(WORKERS, 2)]
    ahead.send_signal(signal.SIGUSR1)
    behind.send_signal(signal.SIGUSR2)
    await asyncio.sleep(3.0)
    for each in (ahead, behind):
        each.send_signal(signal.SIGHUP)


async def _visit(world: World) -> None:
    """Join the group and leave it soon, so that all partitions are dealt out anew, twice."""
    visitor = KafkaBus(world.kafka).consumer([INPUTS], group=GROUP)
    await visitor.start(_do_nothing, _do_nothing)
    await asyncio.sleep(world.random.uniform(0.0, 2.0))
    await visitor.stop()


async def _squeeze(world: World) -> None:
    """Leave one worker no more memory than it has while long texts come, then as much as it wants."""
    name = world.random.choice(WORKERS)
    process = await world.parts.process(name)
    process.rlimit(psutil.RLIMIT_DATA, (process.memory_info().data, psutil.RLIM_INFINITY))
    for _ in range(_SQUEEZED_S):
        await world.send(world.long_messages(_LONG_MESSAGES_A_SECOND))
        await asyncio.sleep(1.0)
    with suppress(psutil.NoSuchProcess):  # what follows it is not limited
        process.rlimit(psutil.RLIMIT_DATA, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    await world.parts.settled([name])


async def _do_nothing(_: frozenset[Partition]) -> None:
    """Leave the partitions as they are."""


async def _take_ids(world: World) -> None:
    """Take the transactional id of a partition away from its owner."""
    number = world.random.randrange(PARTITIONS)
    thief = KafkaTransactions(world.kafka, f"{GROUP}-{INPUTS}-{number}")
    await thief.start()
    await thief.stop()


KILL = Fault(
    code="F1",
    what="kill -9 a worker",
    inject=_kill,
    times=50,
    quick_times=6,
    quick_in=("at-least-once", "exactly-once"),
    repeats_each=OF_ONE_WORKER,
)

FAULTS = (
    KILL,
    Fault(
        code="F2", what="SIGTERM a worker", inject=_stop, times=10, quick_times=2, quick_in=("exactly-once",)
    ),
    Fault(
        code="F3",
        what="freeze a worker for two sessions",
        inject=_freeze,
        times=5,
        quick_times=1,
        quick_in=("exactly-once",),
        repeats_each=OF_ONE_WORKER,
    ),
    Fault(code="F13", what="clocks jump by an hour", inject=_set_clocks, times=5, quick_times=1),
    Fault(
        code="F14",
        what="a member comes and goes",
        inject=_visit,
        times=30,
        quick_times=4,
        quick_in=("exactly-once",),
    ),
    Fault(
        code="F16",
        what="fence a producer",
        inject=_take_ids,
        times=10,
        quick_times=2,
        quick_in=("exactly-once",),
    ),
    Fault(
        code="F17",
        what="no more memory for a worker",
        inject=_squeeze,
        times=5,
        quick_times=1,
        quick_in=("at-least-once", "exactly-once"),
        repeats_each=OF_ONE_WORKER,
    ),
)
