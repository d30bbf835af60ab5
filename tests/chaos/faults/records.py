"""Faults of those who send: records that can never work, and records that come twice."""

from deploy.local.samples.hostile import hostile
from shared.bus.record import Outgoing
from tests.chaos.faults.fault import Fault
from tests.chaos.world import INPUTS, World

_REPEATED_MESSAGES = 50


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
    messages = world.messages(_REPEATED_MESSAGES)
    await world.send(messages)
    await world.send(messages)


FAULTS = (
    Fault(code="F12", what="poisonous records", inject=_poison, times=5, quick_times=2),
    Fault(code="F19", what="send messages twice", inject=_send_twice, times=10, quick_times=2),
)
