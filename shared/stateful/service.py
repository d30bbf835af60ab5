"""The port of a stateful service: pure decisions about one key at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from shared.errors import ConfigError
from shared.events import Event
from shared.stateful.state import NOT_DUE, Due, StateT

EventT = TypeVar("EventT", bound=Event)
"""The event of a service's input; a union where it reads several topics."""


@dataclass(frozen=True, slots=True)
class Decision(Generic[StateT]):
    """The effects of one event on one key."""

    state: StateT | None = None
    """The new state; None leaves the old one."""

    events: tuple[Event, ...] = ()
    """Published before the state is stored. Their ids derive from the cause: a replay repeats them."""


@dataclass(frozen=True, slots=True)
class Moment(Generic[EventT]):
    """A time that a state has waited for."""

    time: datetime
    """In event time the time of `event`; in wall time the time that the state had named, not the clock's."""

    event: EventT | None = None
    """The event of another key that showed the time; None in wall time."""


class StatefulService(Generic[EventT, StateT]):
    """A handler with a state for each key. It reads no clock, no topic and no table by itself.

    A replay after a crash gives the same events with the same ids, as long as every decision depends on its
    arguments alone.
    """

    state_type: ClassVar[type[Any]]
    """The class of the states, a subclass of `State`."""

    idle_after: timedelta | None = None
    """Keys without an event for so long, in event time, are deleted; None keeps them all."""

    def check(self, event: EventT) -> None:
        """Return when the event may be applied. Raises RejectedError to dead-letter its record.

        It sees the event alone: a replay must refuse what was refused before, and the states have changed.
        """

    def time_of(self, event: EventT) -> datetime:
        """Return the event time."""
        return event.occurred_at

    def handle(self, event: EventT, state: StateT | None) -> Decision[StateT]:
        """Return what the event changes; `state` is None for a new key. A RejectedError here is a bug."""
        raise NotImplementedError

    def due(self, state: StateT) -> Due:
        """Return when `on_time` is to be called for this state."""
        del state
        return NOT_DUE

    def on_time(self, state: StateT, moment: Moment[EventT]) -> Decision[StateT]:
        """Return what the passing of time changes. Ids derive from the state and the moment."""
        raise NotImplementedError

    def migrate(self, value: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Return the JSON object of an older version with the fields of `state_type`.

        Raises ConfigError for a version that nobody can read any more.
        """
        del value
        raise ConfigError(
            f"the table holds states of version {version}, which this release cannot read: "
            f"start the release before this one, or delete the table's topic"
        )
