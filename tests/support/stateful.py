"""A stateful service without Kafka: its table in a dictionary, its records applied one after the other."""

from collections.abc import Awaitable, Coroutine, Generator, Iterable
from typing import Any, Generic

from shared.bus.handled import StreamCodec
from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import Event
from shared.stateful.chunk import Chunk
from shared.stateful.service import StatefulService
from shared.stateful.state import StateT
from shared.stateful.table import StateTable


class Acknowledged:
    """Ends when it is awaited, without a loop; raises the error of the broker where there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def __await__(self) -> Generator[None, None, None]:
        if self._error is not None:
            raise self._error
        return
        yield


class MemoryRows(dict[bytes, bytes]):
    """Rows whose writes are acknowledged at once, or fail as told."""

    topic = "changelog"

    def __init__(self, *rows: Any) -> None:
        super().__init__(*rows)
        self.written: list[tuple[int, bytes, bytes | None]] = []
        self.error: Exception | None = None

    def write(self, partition: int, key: bytes, value: bytes | None) -> Awaitable[None]:
        """Note the write, and return its acknowledgement."""
        if self.error is None:
            self.written.append((partition, key, value))
        return Acknowledged(self.error)


class Desk(Generic[StateT]):
    """Applies records to a table; a chunk holds one record unless a test says otherwise."""

    def __init__(self, service: StatefulService[Any, StateT], event_type: type[Event]) -> None:
        self.rows = MemoryRows()
        self.told: list[Event] = []
        self._service = service
        self._codec = StreamCodec([event_type], source="tests", group="tests")
        self.table = StateTable(self.rows, self.rows, service)

    def read(self, records: Iterable[Record]) -> list[str]:
        """Return the wire names of the events that these records caused."""
        before = len(self.told)
        for record in records:
            self.read_chunk([record])
        return [event.name for event in self.told[before:]]

    def read_chunk(self, records: Iterable[Record]) -> None:
        """Apply records as one chunk."""
        chunk = self.decide(records)
        done(self.table.store(chunk.states))
        for bookmark in chunk.bookmarks:
            done(self.table.store_bookmark(bookmark))

    def decide(self, records: Iterable[Record]) -> Chunk[StateT]:
        """Publish the events of a chunk, and store nothing, as a process that falls in between."""
        chunk = Chunk(self._service, self.table)
        for record in records:
            received = self._codec.received(record)
            if isinstance(received, RejectedError):
                raise received
            chunk.check(received)
            self.told += chunk.apply(received)
            chunk.advance(record)
        return chunk

    def state(self, key: str) -> StateT:
        """Return the state of a key that has one."""
        state = self.table.get(key)
        assert state is not None
        return state


def done(work: Coroutine[Any, Any, Any]) -> None:
    """Run what waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")
