"""The bus as the rest of Tidemill sees it; `kafka.py` and `memory.py` are its two adapters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError, TidemillError


class ClientBrokenError(TidemillError):
    """A Kafka client can't go on: build a new one and replay what is not committed."""


OnRevoke = Callable[[frozenset[Partition]], Awaitable[None]]
"""Called before partitions go to another member; when it returns, they are gone.

From when it is called on, no fetch returns a record of them.
"""


class Consumer(Protocol):
    """A member of a consumer group. One task fetches; another may commit beside it."""

    async def start(self, on_revoke: OnRevoke) -> None:
        """Join the group. Raises RetryableError when the broker can't be reached."""
        ...

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return what is there, in offset order per partition; empty after `timeout_ms`.

        Keep calling it, also with everything paused: it is the sign of life to the group.
        """
        ...

    def pause(self) -> None:
        """Fetch nothing more from the partitions assigned now."""
        ...

    def resume(self) -> None:
        """Fetch again from all assigned partitions."""
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Store the offset to read next, per partition. Raises RetryableError when it can't."""
        ...

    async def lag(self) -> Mapping[Partition, int]:
        """Return how many records lie between the read position and the end; asks the broker.

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

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when every record is acknowledged by all in-sync replicas, in the order given per key.

        Raises RetryableError when the broker is away, ClientBrokenError when only a new producer helps.
        Some of the records may have been written then.
        """
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


Outcome = Sequence[Outgoing] | RejectedError
"""What became of one record: the records to write, or the RejectedError that dead-letters it."""


class Handler(Protocol):
    """Turns records into outcomes; it neither fetches, publishes nor commits."""

    async def handle(self, records: Sequence[Record]) -> Sequence[Outcome]:
        """Return one outcome a record, in the order given.

        `records` are consecutive records of one partition; several calls run at once. Raises
        RetryableError to be called again later with the same records. Anything else is a bug.
        """
        ...
