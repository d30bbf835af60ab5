"""Decisions over a chunk of records, whose events see each other's states. Pure: nothing is written."""

from collections import defaultdict
from datetime import datetime
from typing import Any, Generic

from shared.bus.received import Received
from shared.bus.record import Record
from shared.events import Event
from shared.stateful.due import DueKeys
from shared.stateful.service import Moment, StatefulService
from shared.stateful.state import Applied, Bookmark, Due, StateT, newest
from shared.stateful.table import StateTable


class Chunk(Generic[StateT]):
    """The states as the records of one chunk leave them, and how far each partition is then applied."""

    def __init__(self, service: StatefulService[Any, StateT], table: StateTable[StateT]) -> None:
        self._service = service
        self._table = table
        self._changed: dict[str, StateT] = {}
        self._due: defaultdict[int, DueKeys] = defaultdict(DueKeys)
        self._last: dict[int, dict[str, Applied]] = {}
        self._times: dict[int, datetime | None] = {}

    @property
    def states(self) -> list[StateT]:
        """Return the states to store, each key once."""
        return list(self._changed.values())

    @property
    def bookmarks(self) -> list[Bookmark]:
        """Return the bookmarks to store behind the states, one a partition."""
        found = []
        for partition, last in self._last.items():
            before = self._table.bookmark(partition)
            time = newest(before.event_time, self._times.get(partition))
            found.append(Bookmark(partition=partition, positions=before.positions | last, event_time=time))
        return found

    def check(self, received: Received[Any]) -> None:
        """Return when the record may be applied. Raises RejectedError to dead-letter it."""
        self._service.check(received.event)

    def apply(self, received: Received[Any]) -> list[Event]:
        """Return the events that a checked record causes: first those of keys that waited for its time.

        A state that holds the record already is left as it is.
        """
        event = received.event
        time = self._service.time_of(event)
        caused = self._pass_time(received, time)
        key = event.key.decode()
        state = self._get(key)
        if state is not None and self._is_idle(state, time):
            state = None
        if state is None or not _holds(state, received):
            decision = self._service.handle(event, state)
            if decision.state is not None:
                touched_at = newest(time, decision.state.touched_at)
                self._put(_stamped(decision.state, received), touched_at=touched_at)
            caused += decision.events
        number = received.partition.number
        self._times[number] = newest(time, self._times.get(number))
        return caused

    def advance(self, record: Record) -> None:
        """Take note that a record is done, also one that was refused and changed no state."""
        topic, partition = record.partition
        self._last.setdefault(partition, {})[topic] = _applied(record)

    def pass_clock(self, now: datetime) -> list[Event]:
        """Return the events of the keys that waited for a time on the clock which has come."""
        caused: list[Event] = []
        for state in self._table.waiting():
            asked_at = state.due.wall_time
            if asked_at is not None and asked_at <= now:
                decision = self._service.on_time(state, Moment(asked_at))
                # Its old due time is over, whether it names a new one or not.
                self._put(decision.state or state, over=asked_at)
                caused += decision.events
        return caused

    def _pass_time(self, received: Received[Any], time: datetime) -> list[Event]:
        """Return the events of the other keys in the record's partition that waited for its time."""
        caused: list[Event] = []
        own, partition = received.event.key.decode(), received.partition.number
        for key in self._due_by(partition, time):
            state = self._get(key)
            if state is None or key == own or state.partition != partition or _holds(state, received):
                continue
            decision = self._service.on_time(state, Moment(time, received.event))
            if decision.state is not None:
                self._put(_stamped(decision.state, received))
            caused += decision.events
        return caused

    def _due_by(self, partition: int, time: datetime) -> list[str]:
        """Return the keys that are due, in the order of their names: a replay must wake them in the same."""
        stored = self._table.due(partition, time) - self._changed.keys()
        return sorted(stored | self._due[partition].until(time))

    def _get(self, key: str) -> StateT | None:
        return self._changed.get(key) or self._table.get(key)

    def _is_idle(self, state: StateT, time: datetime) -> bool:
        """Return whether the key counts as new, whether it is deleted from the table yet or not."""
        idle_after = self._service.idle_after
        if idle_after is None or state.touched_at is None or state.is_waiting:
            return False
        return state.touched_at + idle_after <= time

    def _put(
        self, state: StateT, *, touched_at: datetime | None = None, over: datetime | None = None
    ) -> None:
        touched = {"version": state.VERSION, "touched_at": touched_at or state.touched_at}
        state = state.model_copy(update=touched)
        due = self._service.due(state)
        if over is not None and due.wall_time == over:
            due = Due(event_time=due.event_time)
        state = state.model_copy(update={"due": due})
        self._changed[state.key] = state
        self._due[state.partition].wait(state.key, due.event_time)


def _applied(record: Record | Received[Any]) -> Applied:
    return Applied(offset=record.offset, timestamp_ms=record.timestamp_ms)


def _holds(state: StateT, record: Received[Any]) -> bool:
    topic, partition = record.partition
    return state.applied(partition, topic, record.offset)


def _stamped(state: StateT, record: Received[Any]) -> StateT:
    """Return the state with the record as the last one applied to it."""
    topic, partition = record.partition
    others = state.positions if state.partition == partition else {}
    positions = {**others, topic: _applied(record)}
    return state.model_copy(update={"partition": partition, "positions": positions})
