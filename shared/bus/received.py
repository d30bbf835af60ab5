"""Events as a consumer receives them: each with the origin of its record."""

from typing import Generic, NamedTuple, TypeVar

from shared.bus.record import Partition
from shared.events import Event
from shared.events.headers import Trace

E_co = TypeVar("E_co", bound=Event, covariant=True)


class Received(NamedTuple, Generic[E_co]):
    """An event and the origin of its record."""

    event: E_co
    partition: Partition
    offset: int
    timestamp_ms: int
    """Timestamp of the record, milliseconds since 1970."""

    trace: Trace
    """The trace that the record names, or a new one."""
