"""Faults of those who send: records that can never work, and records that come twice."""

from collections.abc import Iterator
from itertools import cycle, islice

from deploy.local.samples.hostile import hostile
from shared.bus.record import Outgoing
from tests.chaos.faults.fault import OF_ALL_WORKERS, Fault
from tests.chaos.system import WORKERS
from tests.chaos.world import INPUTS, World

_REPEATED_MESSAGES = 50
_FLOOD_RECORDS = 900
"""So many that each worker would bury three times what stops it."""


async def _poison(world: World) -> None:
    """Mix in records that can never work, among them a text of a megabyte, and some odd ones that can."""
    records = [
        Outgoing(record.topic, record.key, record.value, record.headers)
        for record in hostile()
        if record.topic == INPUTS
    ]
    await world.send(records)


async def _flood(world: World) -> None:
    """Send so much that can never work that workers stop for it, and wait until they come to its end."""
    since = world.parts.mark()
    await world.send(list(islice(_rubbish(), _FLOOD_RECORDS)))
    await world.parts.ended("exit code 1", "tidemill dead list", since=since)
    await world.parts.settled(WORKERS)


def _rubbish() -> Iterator[Outgoing]:
    """Return small records without end that can never work, spread over all partitions."""
    refused = [record for record in hostile() if record.topic == INPUTS and record.reason and record.key]
    small = [record for record in refused if len(record.value or b"") < 1000]
    for number, record in enumerate(cycle(small)):
        yield Outgoing(record.topic, f"flood {number}".encode(), record.value, record.headers)


async def _send_twice(world: World) -> None:
    """Send messages, and the same once more, as a sender does that saw no acknowledgement."""
    messages = world.messages(_REPEATED_MESSAGES)
    await world.send(messages)
    await world.send(messages)


FAULTS = (
    Fault(code="F12", what="poisonous records", inject=_poison, times=5, quick_times=2),
    Fault(
        code="F12b",
        what="a flood of poisonous records",
        inject=_flood,
        times=4,
        quick_times=1,
        quick_in=("at-least-once", "exactly-once"),
        repeats_each=OF_ALL_WORKERS,
    ),
    Fault(code="F19", what="send messages twice", inject=_send_twice, times=10, quick_times=2),
)
