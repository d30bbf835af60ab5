"""Port of the bus; `shared.bus.kafka` and `shared.bus.memory` are its two adapters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from shared.bus.positions import Log, Position, Verdict, verdict
from shared.bus.received import Received
from shared.bus.record import Outgoing, Partition, Place, Record
from shared.errors import RejectedError, TidemillError
from shared.events import Event


class ClientBrokenError(TidemillError):
    """A Kafka client can't go on: open new clients and replay the records that are not committed."""


class RecordTooLargeError(TidemillError):
    """The broker, or the client before it, refuses a record for its size."""


class LostRecordsError(TidemillError):
    """A stored position doesn't fit its log any more: stop, and let a person decide where to go on."""

    @classmethod
    def of(cls, partition: Partition, position: Position, log: Log, *, group: str) -> Self | None:
        """Return the error of a group that goes on at `position`; None where the position fits the log."""
        found = verdict(position, log)
        if found is Verdict.INSIDE:
            return None
        return cls(f"{partition.topic} {partition.number}: {_problem(found, position, log, group)}")


def _problem(found: Verdict, position: Position, log: Log, group: str) -> str:
    """Return what is wrong with the position, and the ways on."""
    again = f"or read all that is left, from offset {log.begin} on, with `tidemill lag --skip-lost`"
    if found is Verdict.DELETED:
        return (
            f"offsets {position.next_offset} to {log.begin - 1} were deleted before {group} read them; "
            "give the topic more retention, and go on behind them with `tidemill lag --skip-lost`"
        )
    if found is Verdict.BEYOND_END:
        return (
            f"{group} goes on at offset {position.next_offset}, but the log ends at {log.end}: it was "
            f"truncated, restored from a copy, or made again; restore the newer log, {again}"
        )
    return (
        f"the record before offset {position.next_offset} is another than {group} read: the log was "
        f"truncated or made again, and has grown since; restore the older log, {again}"
    )


OnRevoke = Callable[[frozenset[Partition]], Awaitable[None]]
"""Called before partitions go to another member; when it returns, they are gone.

From when it is called on, no fetch returns a record of them.
"""

OnAssign = Callable[[frozenset[Partition]], Awaitable[None]]
"""Called when partitions came; they are read from what is committed when it returns, not before."""


class Consumer(Protocol):
    """A member of a consumer group. One task fetches; another may commit beside it."""

    async def start(self, on_revoke: OnRevoke, on_assign: OnAssign) -> None:
        """Join the group. Raises RetryableError when the broker can't be reached.

        What `on_assign` raises, the next fetch raises; LostRecordsError, too, when a committed position
        doesn't fit its log any more.
        """
        ...

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return the next records, in offset order per partition; empty after `timeout_ms`.

        Call it regularly, also while everything is paused: the group drops a member that does not.
        """
        ...

    def pause(self) -> None:
        """Fetch nothing more from the partitions assigned now."""
        ...

    def resume(self) -> None:
        """Fetch again from all assigned partitions."""
        ...

    async def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Store the position of each partition. Raises RetryableError when the broker does not."""
        ...

    async def lag(self) -> Mapping[Partition, int]:
        """Return the number of records between the read position and the end, as the broker knows it.

        Raises RetryableError when the broker doesn't answer.
        """
        ...

    async def stop(self) -> None:
        """Leave the group and close."""
        ...


class Producer(Protocol):
    """Writes records; safe for many tasks at once."""

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        ...

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Return the place of each record, in order, once all in-sync replicas have acknowledged all of them.

        Records of one key are written in the order given. Raises RetryableError when the broker is away,
        ClientBrokenError when only a new producer helps, RecordTooLargeError when a record is too large for
        its topic. Some of the records may have been written then.
        """
        ...

    async def stop(self) -> None:
        """Flush and close."""
        ...


class Transactions(Protocol):
    """Writes records and the positions of their input in transactions; one call at a time."""

    async def start(self) -> None:
        """Connect, abort the transaction that an earlier owner of the id left open, and fence that owner.

        Raises RetryableError when the broker can't be reached.
        """
        ...

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when every record is acknowledged in the open transaction; the first one opens it.

        After any error the transaction can't be committed. ClientBrokenError: another owner came.
        """
        ...

    async def commit(self, positions: Mapping[Partition, Position], *, group: str) -> None:
        """Make the records visible, and store the positions for `group`.

        After an error nobody knows whether that happened: start anew and read what is committed.
        """
        ...

    async def stop(self) -> None:
        """Close; records that are not committed never become visible."""
        ...


class Outlet(Protocol):
    """Writes results, and commits the positions of their input."""

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        ...

    async def take_over(self, partitions: frozenset[Partition]) -> None:
        """Become the only writer of results for these input partitions."""
        ...

    async def publish(self, partition: Partition, records: Sequence[Outgoing], *, up_to: Position) -> None:
        """Return when every record is acknowledged; the input is then done up to this position.

        Calls for one partition come one after the other. Raises RetryableError where the same call may be
        made again, ClientBrokenError where only a new session helps, RecordTooLargeError when a
        record is too large for its topic.
        """
        ...

    async def commit(self) -> None:
        """Commit the positions of the input. After a RetryableError the next call makes up for it."""
        ...

    async def give_up(self, partitions: frozenset[Partition]) -> None:
        """Forget partitions that go to another member."""
        ...

    async def stop(self) -> None:
        """Flush and close."""
        ...


class Bus(Protocol):
    """Opens consumers and producers on one broker."""

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> Consumer:
        """Return a consumer, not started.

        `member` makes the membership static: a restart causes no rebalance.
        """
        ...

    def producer(self) -> Producer:
        """Return a producer, not started."""
        ...

    def outlet(self, consumer: Consumer, *, group: str) -> Outlet:
        """Return the outlet for results of this consumer's records, not started."""
        ...


Outcome = Sequence[Event] | RejectedError
"""Result of one event: the events to publish, or the RejectedError that makes its record a dead letter."""

E_contra = TypeVar("E_contra", bound=Event, contravariant=True)


class Handler(Protocol[E_contra]):
    """Turns events into events; it knows no record, and neither fetches, publishes nor commits."""

    async def handle(self, received: Sequence[Received[E_contra]]) -> Sequence[Outcome]:
        """Return one outcome for each event, in the order given.

        The events are of consecutive records of one partition, without those that can't be decoded; several
        calls run at once. Raises RetryableError to be called again later with the same events. Anything else
        is a bug.
        """
        ...
