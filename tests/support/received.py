"""Events as handlers get them."""

from typing import TypeVar

from shared.bus.received import Received
from shared.bus.record import Partition
from shared.events import Event
from shared.events.headers import Trace

E = TypeVar("E", bound=Event)
TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "01")


def received(*events: E) -> list[Received[E]]:
    """Return events of consecutive records of one partition, all in `TRACE`."""
    return [
        Received(event, Partition(event.name, 0), offset, 0, TRACE) for offset, event in enumerate(events)
    ]
