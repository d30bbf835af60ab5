"""The faults, each by real means: signals to real processes."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil

from deploy.local.samples.hostile import hostile
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_producer import KafkaTransactions
from shared.bus.record import Outgoing, Partition
from tests.chaos.world import (
    GROUP,
    INPUTS,
    PARTITIONS,
    SESSION_TIMEOUT_MS,
    UNCOMMITTED_RECORDS,
    WORKERS,
    World,
)


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


async def _poison(world: World) -> None:
    """Mix in records that can never work, among them a text of a megabyte, and some odd ones that can."""
    records = [
        Outgoing(record.topic, record.key, record.value, record.headers)
        for record in hostile()
        if record.topic == INPUTS
    ]
    await world.send(records)


async def _send_twice(world: World) -> None:
    """Send messages, and the same once more, as a sender does that saw no acknowledgement."""
    messages = world.messages(50)
    await world.send(messages)
    await world.send(messages)


async def _visit(world: World) -> None:
    """Join the group and leave it soon, so that all partitions are dealt out anew, twice."""
    visitor = KafkaBus(world.kafka).consumer([INPUTS], group=GROUP)
    await visitor.start(_do_nothing, _do_nothing)
    await asyncio.sleep(world.random.uniform(0.0, 2.0))
    await visitor.stop()


async def _do_nothing(_: frozenset[Partition]) -> None:
    """Leave the partitions as they are."""


async def _take_ids(world: World) -> None:
    """Take the transactional id of a partition away from its owner."""
    number = world.random.randrange(PARTITIONS)
    thief = KafkaTransactions(world.kafka, f"{GROUP}-{INPUTS}-{number}")
    await thief.start()
    await thief.stop()


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
    Fault(code="F12", what="poisonous records", inject=_poison, times=10, quick_times=2),
    Fault(
        code="F14",
        what="a member comes and goes",
        inject=_visit,
        times=100,
        quick_times=4,
    ),
    Fault(code="F16", what="fence a producer", inject=_take_ids, times=20, quick_times=2),
    Fault(code="F19", what="send messages twice", inject=_send_twice, times=20, quick_times=2),
    Fault(code="F9a", what="kill -9 Redis", inject=_kill_redis, times=20, quick_times=2),
    Fault(code="F9b", what="freeze Redis", inject=_freeze_redis, times=20, quick_times=2),
)
