"""Table that every process holds whole: the last event of each key of a compacted topic."""

from collections.abc import Iterator, Mapping
from typing import Generic, NoReturn, Protocol, TypeVar

import structlog

from shared.bus.record import Record
from shared.errors import RejectedError, RetryableError
from shared.events import Event
from shared.events.codec import decode

E = TypeVar("E", bound=Event)

_FETCH_MS = 500


class Reader(Protocol):
    """Reads all partitions of a topic from their beginning, as a member of no group."""

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached, or has no such topic."""
        ...

    async def fetch(self, *, timeout_ms: int) -> list[Record]:
        """Return the next records."""
        ...

    async def remaining_records(self) -> int:
        """Return how many records are left up to the ends of now."""
        ...

    async def stop(self) -> None:
        """Close."""
        ...


class WholeTable(Mapping[str, E], Generic[E]):
    """Events by key, for a handler to look up: a watch list, for example. Handlers can't write to it.

    A replay may find newer events here than the first time, and decide differently: the ids of what it
    publishes stay the same, as they derive from the cause.
    """

    def __init__(self, reader: Reader, event_type: type[E]) -> None:
        self._reader = reader
        self._event_type = event_type
        self._rows: dict[str, E] = {}
        self._offsets: dict[bytes, int] = {}
        self._log = structlog.get_logger()

    def __getitem__(self, key: str) -> E:
        return self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    async def start(self) -> None:
        """Return when all records are read that the topic has now. Raises RetryableError without a broker."""
        await self._reader.start()
        while await self._reader.remaining_records():
            self._take(await self._reader.fetch(timeout_ms=_FETCH_MS))

    async def follow(self) -> NoReturn:
        """Read what the topic gets from now on; an outage of the broker is waited for."""
        while True:
            try:
                self._take(await self._reader.fetch(timeout_ms=_FETCH_MS))
            except RetryableError as error:
                self._log.warning("table_not_followed", topic=self._event_type.name, why=str(error))

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()

    def _take(self, records: list[Record]) -> None:
        for record in records:
            key = record.key or b""
            # A fetch is in the order of timestamps, which need not be that of the offsets.
            if record.offset >= self._offsets.get(key, 0):
                self._offsets[key] = record.offset
                self._put(key, record)

    def _put(self, key: bytes, record: Record) -> None:
        """Keep the event of a record. One without a value deletes its key; a broken one is passed over."""
        if record.value is None:
            self._rows.pop(key.decode(errors="replace"), None)
            return
        try:
            if record.flaw is not None:
                raise record.flaw
            event = decode(self._event_type, key=record.key, value=record.value, headers=record.headers)
        except RejectedError as refusal:
            topic, partition = record.partition
            where = {"topic": topic, "partition": partition, "offset": record.offset}
            self._log.warning("row_ignored", reason=refusal.reason, **where)
            return
        self._rows[event.key.decode()] = event
