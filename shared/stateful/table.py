"""Table of a stateful service: a state for each key as JSON, kept in a changelog topic."""

import json
from collections.abc import Awaitable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol

from pydantic import ValidationError

from shared.bus.record import Partition
from shared.errors import ConfigError, RetryableError
from shared.stateful.due import DueKeys
from shared.stateful.idle import IdleKeys
from shared.stateful.service import StatefulService
from shared.stateful.state import Applied, Bookmark, Entry, StateT

_BOOKMARK = b"\0"
"""First byte of a bookmark's key; no key of a state begins with it."""

_UNVERSIONED = 1


class Rows(Protocol):
    """The rows of the partitions of this process, and a changelog behind them."""

    def __getitem__(self, key: bytes, /) -> bytes: ...

    def __setitem__(self, key: bytes, value: bytes, /) -> None: ...

    def __delitem__(self, key: bytes, /) -> None: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def get(self, key: bytes, /) -> bytes | None:
        """Return a row; None where there is none."""
        ...


class Changelog(Protocol):
    """The topic that the rows are recovered from."""

    @property
    def topic(self) -> str:
        """Return its name."""
        ...

    def write(self, partition: int, key: bytes, value: bytes | None) -> Awaitable[Any]:
        """Begin to write a row; None deletes it. Return what ends with the acknowledgement."""
        ...


class StateTable(Generic[StateT]):
    """States by key. Those that wait for a time are kept parsed, all others stay JSON until needed."""

    def __init__(self, rows: Rows, changelog: Changelog, service: StatefulService[Any, StateT]) -> None:
        self._rows = rows
        self._changelog = changelog
        self._service = service
        self._state_type: type[StateT] = service.state_type
        self._waiting: dict[str, StateT] = {}
        self._bookmarks: dict[int, Bookmark] = {}
        self._unmarked: dict[int, Bookmark] = {}
        self._idle: dict[int, IdleKeys] = {}
        self._due: dict[int, DueKeys] = {}

    def get(self, key: str) -> StateT | None:
        """Return the state of a key; None for a new one."""
        if waiting := self._waiting.get(key):
            return waiting
        value = self._rows.get(key.encode())
        return None if value is None else self._state_type.model_validate_json(value)

    def waiting(self) -> list[StateT]:
        """Return the states that wait for a time, by key."""
        return [self._waiting[key] for key in sorted(self._waiting)]

    def due(self, partition: int, now: datetime) -> set[str]:
        """Return the keys of a partition that wait for an event time which has come by `now`."""
        return self._due[partition].until(now) if partition in self._due else set()

    def bookmark(self, partition: int) -> Bookmark:
        """Return how far a partition is applied."""
        unmarked = self._unmarked.get(partition) or Bookmark(partition=partition, positions={})
        return self._bookmarks.get(partition, unmarked)

    def is_marked(self, partition: int) -> bool:
        """Return whether the changelog has a bookmark of this partition: a chunk may follow only then."""
        return partition in self._bookmarks

    async def store(self, states: Sequence[StateT]) -> None:
        """Return when the changelog has the states. Raises RetryableError when the broker is away."""
        for state in states:
            self._rows[state.key.encode()] = state.model_dump_json().encode()
            self._note(state.key, state)
        await self._write({state.key.encode(): state.partition for state in states})

    async def store_bookmark(self, bookmark: Bookmark) -> None:
        """Return when the changelog has the bookmark: all states of its records must be there before."""
        row = _BOOKMARK + b"%d" % bookmark.partition
        self._rows[row] = bookmark.model_dump_json().encode()
        await self._write({row: bookmark.partition})
        self._bookmarks[bookmark.partition] = bookmark

    async def delete_idle(self, partition: int, now: datetime, *, most: int) -> int:
        """Delete up to `most` keys that have been idle for too long by the event time `now`. Return how many.

        Call it when all records of the partition up to `now` are applied: a replay must find no deleted key.
        """
        idle = self._idle[partition].take(now, most=most) if partition in self._idle else []
        keys = [key for key in idle if key not in self._waiting]
        for key in keys:
            del self._rows[key.encode()]
        await self._write({key.encode(): partition for key in keys})
        return len(keys)

    def recovered(self, partitions: Collection[int]) -> dict[Partition, Applied]:
        """Take over the rows of these partitions, and forget all others.

        Return the last record applied to each partition. Raises ConfigError for a value that this release
        cannot read.
        """
        self._waiting, self._bookmarks, self._unmarked, self._idle, self._due = {}, {}, {}, {}, {}
        for row in list(self._rows):
            entry = self._mark(row) if row.startswith(_BOOKMARK) else self._entry(row)
            if entry.partition not in partitions:
                del self._rows[row]
                continue
            if isinstance(entry, Entry):
                self._note(row.decode(), entry)
            if not self.is_marked(entry.partition):
                self._unmarked[entry.partition] = _merged(entry, self._unmarked.get(entry.partition))
            # Where there is a bookmark, a state that is ahead of it is of a chunk that was not finished.
        return {
            Partition(topic, number): last
            for number in partitions
            for topic, last in self.bookmark(number).positions.items()
        }

    async def _write(self, rows: dict[bytes, int]) -> None:
        """Return when the changelog has these rows, each in its partition, as they are now."""
        writes = [
            self._changelog.write(partition, row, self._rows.get(row)) for row, partition in rows.items()
        ]
        try:
            for write in writes:
                await write
        except Exception as error:  # Faust hands on whatever its producer met
            raise RetryableError(f"storing states: {error!r}") from error

    def _mark(self, row: bytes) -> Bookmark:
        """Return a bookmark; the states may be ahead of one from before versions, so it is not relied on."""
        try:
            bookmark = Bookmark.model_validate_json(self._rows[row])
        except ValidationError:
            return Bookmark.model_validate(self._service.migrate(json.loads(self._rows[row]), _UNVERSIONED))
        self._bookmarks[bookmark.partition] = bookmark
        return bookmark

    def _entry(self, row: bytes) -> Entry:
        """Return the runtime's part of a value, which is migrated if it is old."""
        entry, newest = Entry.model_validate_json(self._rows[row]), self._state_type.VERSION
        if entry.version > newest:
            raise ConfigError(
                f"the table {self._changelog.topic} holds states of version {entry.version}, this release "
                f"reads {newest} at most: start the newer release, or delete that topic to build new states"
            )
        if entry.version < newest:
            entry = self._migrated(row, entry.version)
        return entry

    def _migrated(self, row: bytes, version: int) -> StateT:
        value = {**self._service.migrate(json.loads(self._rows[row]), version)}
        state = self._state_type.model_validate(value | {"version": self._state_type.VERSION})
        state = state.model_copy(update={"due": self._service.due(state)})
        self._rows[row] = state.model_dump_json().encode()
        return state

    def _note(self, key: str, entry: Entry) -> None:
        """Index a state by the times that it waits for, or by when it was touched."""
        self._due.setdefault(entry.partition, DueKeys()).wait(key, entry.due.event_time)
        if entry.is_waiting:
            self._waiting[key] = self._parsed(key.encode())
            return
        self._waiting.pop(key, None)
        if self._service.idle_after is not None and entry.touched_at is not None:
            idle = self._idle.setdefault(entry.partition, IdleKeys(self._service.idle_after))
            idle.touch(key, entry.touched_at)

    def _parsed(self, row: bytes) -> StateT:
        return self._state_type.model_validate_json(self._rows[row])


def _merged(entry: Entry | Bookmark, other: Bookmark | None) -> Bookmark:
    """Return the bookmark of the records applied to either."""
    positions = dict(other.positions) if other else {}
    for topic, last in entry.positions.items():
        positions[topic] = max(last, positions.get(topic, last), key=lambda each: each.offset)
    return Bookmark(partition=entry.partition, positions=positions)
