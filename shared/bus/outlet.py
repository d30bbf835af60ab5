"""Outlets: at least once (acknowledge, then commit), and exactly once (both in one transaction)."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from shared.bus.port import ClientBrokenError, Consumer, Producer, Transactions
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition
from shared.errors import RetryableError


class AckedOutlet:
    """At least once: a position is committed after the results of all records before it are acknowledged."""

    def __init__(self, producer: Producer, consumer: Consumer) -> None:
        self._producer = producer
        self._consumer = consumer
        self._done: dict[Partition, Position] = {}
        self._committed: dict[Partition, Position] = {}

    async def start(self) -> None:
        """Connect the producer. Raises RetryableError when the broker can't be reached."""
        await self._producer.start()

    async def take_over(self, partitions: frozenset[Partition]) -> None:
        """Do nothing: a former owner may still write, and repeated events have the same id."""

    async def publish(self, partition: Partition, records: Sequence[Outgoing], *, up_to: Position) -> None:
        """Return when every record is acknowledged. After a RetryableError the same call may come again."""
        await self._producer.publish(records)
        self._done[partition] = up_to

    async def commit(self) -> None:
        """Commit the position of each partition that has advanced."""
        moved = {
            partition: position
            for partition, position in self._done.items()
            if position != self._committed.get(partition)
        }
        if moved:
            await self._consumer.commit(moved)
            self._committed |= moved

    async def give_up(self, partitions: frozenset[Partition]) -> None:
        """Forget partitions that go to another member."""
        for partition in partitions:
            self._done.pop(partition, None)
            self._committed.pop(partition, None)

    async def stop(self) -> None:
        """Flush and close the producer."""
        await self._producer.stop()


class TransactionalOutlet:
    """Exactly once: results and the position after their inputs become visible together, or not at all.

    Each input partition has a transactional id of its own, as aiokafka can't tell the broker of which
    generation of the group a commit is: who takes a partition over shuts out its former owner by that
    id, and reads what is committed after that.
    """

    def __init__(self, open_transactions: Callable[[str], Transactions], *, group: str) -> None:
        self._open = open_transactions
        self._group = group
        self._lanes: dict[Partition, _Lane] = {}

    async def start(self) -> None:
        """Do nothing: producers are opened for each partition."""

    async def take_over(self, partitions: frozenset[Partition]) -> None:
        """Fence the former owners. Raises RetryableError when the broker doesn't answer.

        All have started or failed by then, so that `stop` closes those that did.
        """
        lanes = {
            partition: _Lane(self._open(f"{self._group}-{partition.topic}-{partition.number}"))
            for partition in partitions
        }
        self._lanes |= lanes
        starts = await asyncio.gather(*(lane.start() for lane in lanes.values()), return_exceptions=True)
        for failure in filter(None, starts):
            raise failure

    async def publish(self, partition: Partition, records: Sequence[Outgoing], *, up_to: Position) -> None:
        """Return when every record is acknowledged in the partition's transaction.

        Raises ClientBrokenError when that failed, or did so before: nothing is tried again inside of it.
        """
        if partition not in self._lanes:
            raise ClientBrokenError(f"{partition} is not ours any more")
        await self._lanes[partition].publish(records, up_to)

    async def commit(self) -> None:
        """Commit the open transactions. Raises ClientBrokenError when the result of one is unknown."""
        lanes = list(self._lanes.items())
        await asyncio.gather(*(lane.commit(partition, self._group) for partition, lane in lanes))

    async def give_up(self, partitions: frozenset[Partition]) -> None:
        """Close the producers of partitions that go to another member."""
        lanes = [self._lanes.pop(partition) for partition in partitions if partition in self._lanes]
        await asyncio.gather(*(lane.stop() for lane in lanes))

    async def stop(self) -> None:
        """Close all producers; records that are not committed never become visible."""
        await self.give_up(frozenset(self._lanes))


class _Lane:
    """The transactions of one input partition."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._turn = asyncio.Lock()
        self._done: Position | None = None
        self._whole = True
        """False while a chunk is partly written: the transaction then must not be committed."""

    async def start(self) -> None:
        await self._transactions.start()

    async def publish(self, records: Sequence[Outgoing], up_to: Position) -> None:
        async with self._turn:
            if not self._whole:
                raise ClientBrokenError("the transaction can't be completed any more")
            self._whole = False
            with _broken("a record of a transaction failed"):
                await self._transactions.publish(records)
            self._done = up_to
            self._whole = True

    async def commit(self, partition: Partition, group: str) -> None:
        async with self._turn:
            if self._done is None or not self._whole:
                return
            self._whole = False
            with _broken("a transaction may have ended or not"):
                await self._transactions.commit({partition: self._done}, group=group)
            self._done = None
            self._whole = True

    async def stop(self) -> None:
        await self._transactions.stop()


@contextmanager
def _broken(what: str) -> Iterator[None]:
    try:
        yield
    except RetryableError as error:
        raise ClientBrokenError(f"{what}: {error}") from error
