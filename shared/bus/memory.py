"""Bus in memory: for tests, and to try a handler without a broker. Nothing outlives the process."""

import asyncio
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from shared.bus.outlet import AckedOutlet, TransactionalOutlet
from shared.bus.port import ClientBrokenError, Consumer, OnAssign, OnRevoke, Outlet, RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Place, Record
from shared.settings import Delivery

RECORD_MAX_BYTES = 2 * 1024 * 1024
"""Largest record that a MemoryBus takes, unless it is told another bound."""


class MemoryBus:
    """Topics as lists; groups rebalance when a member starts or stops, as Kafka's eager ones do."""

    def __init__(
        self,
        *,
        partitions: int = 4,
        delivery: Delivery = "at-least-once",
        record_max_bytes: int = RECORD_MAX_BYTES,
    ) -> None:
        self.epochs: Counter[str] = Counter()
        """Number of owners of each transactional id so far; an owner with a lower number is fenced."""
        self._partition_count = partitions
        self._delivery = delivery
        self._record_max_bytes = record_max_bytes
        self._logs: dict[Partition, list[Record]] = {}
        self._groups: dict[str, _Group] = {}
        self._arrived = asyncio.Condition()

    def consumer(self, topics: Sequence[str], *, group: str, member: str | None = None) -> "MemoryConsumer":
        """Return a consumer, not started. `member` has no effect: nothing survives the process anyway."""
        del member
        return MemoryConsumer(self, topics, self._groups.setdefault(group, _Group()))

    def producer(self) -> "MemoryProducer":
        """Return a producer, not started."""
        return MemoryProducer(self)

    def outlet(self, consumer: Consumer, *, group: str) -> Outlet:
        """Return the outlet for results of this consumer's records, not started."""
        if self._delivery == "exactly-once":
            return TransactionalOutlet(partial(MemoryTransactions, self), group=group)
        return AckedOutlet(self.producer(), consumer)

    def store(self, group: str, positions: Mapping[Partition, Position]) -> None:
        """Store the positions that a group has committed."""
        self._groups.setdefault(group, _Group()).committed |= positions

    def committed(self, group: str) -> Mapping[Partition, int]:
        """Return the offset that a group reads next in each partition, where it has committed one."""
        positions = self._groups.setdefault(group, _Group()).committed
        return {partition: position.next_offset for partition, position in positions.items()}

    def partitions(self, topic: str) -> list[Partition]:
        """Return the partitions of `topic`, which always exists."""
        return [Partition(topic, number) for number in range(self._partition_count)]

    def log(self, partition: Partition) -> list[Record]:
        """Return all records of a partition; the list itself, not a copy."""
        return self._logs.setdefault(partition, [])

    def check_size(self, outgoing: Outgoing) -> None:
        """Raise RecordTooLargeError for a record above the bound."""
        if outgoing.size_bytes > self._record_max_bytes:
            raise RecordTooLargeError(f"{outgoing.size_bytes:,} bytes for {outgoing.topic}")

    async def append(self, outgoing: Outgoing) -> Place:
        """Add one record, and return its place; equal keys share a partition.

        Raises RecordTooLargeError as `check_size` does.
        """
        self.check_size(outgoing)
        number = zlib.crc32(outgoing.key or b"") % self._partition_count
        partition = Partition(outgoing.topic, number)
        log = self.log(partition)
        now_ms = int(time.time() * 1000)
        place = Place(partition, len(log))
        log.append(Record(*place, outgoing.key, outgoing.value, outgoing.headers, now_ms))
        async with self._arrived:
            self._arrived.notify_all()
        return place

    async def wait_for_more(self, timeout_s: float) -> None:
        """Return when a record arrives anywhere, or after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s), self._arrived:
                await self._arrived.wait()
        except TimeoutError:
            return


class _Group:
    """A consumer group: members in the order of joining, and committed positions."""

    def __init__(self) -> None:
        self.members: list[MemoryConsumer] = []
        self.committed: dict[Partition, Position] = {}
        self._rebalancing = asyncio.Lock()

    async def rebalance(self) -> None:
        """Revoke every partition, then assign them to the members in turn."""
        async with self._rebalancing:
            for member in self.members:
                await member.revoke()
            partitions = sorted({partition for member in self.members for partition in member.wanted})
            for turn, partition in enumerate(partitions):
                self.members[turn % len(self.members)].assign(partition)
            for member in self.members:
                await member.settle()


class MemoryConsumer:
    """A member of a group of a MemoryBus."""

    def __init__(self, bus: MemoryBus, topics: Sequence[str], group: _Group) -> None:
        self.wanted = [partition for topic in topics for partition in bus.partitions(topic)]
        self._bus = bus
        self._group = group
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._rebalancing = False
        self._on_revoke: OnRevoke | None = None
        self._on_assign: OnAssign | None = None

    async def start(self, on_revoke: OnRevoke, on_assign: OnAssign) -> None:
        """Join the group."""
        self._on_revoke, self._on_assign = on_revoke, on_assign
        self._group.members.append(self)
        await self._group.rebalance()

    async def fetch(self, *, max_records: int, timeout_ms: int) -> Mapping[Partition, Sequence[Record]]:
        """Return the next records, in offset order per partition; empty after `timeout_ms`."""
        deadline_s = asyncio.get_running_loop().time() + timeout_ms / 1000
        while not (found := self._take(max_records)):
            left_s = deadline_s - asyncio.get_running_loop().time()
            if left_s <= 0:
                break
            await self._bus.wait_for_more(left_s)
        return found

    def _take(self, max_records: int) -> dict[Partition, Sequence[Record]]:
        found: dict[Partition, Sequence[Record]] = {}
        if self._rebalancing:
            return found
        for partition, position in self._positions.items():
            records = self._bus.log(partition)[position : position + max_records]
            if records and partition not in self._paused:
                found[partition] = records
                self._positions[partition] = position + len(records)
                max_records -= len(records)
            if max_records == 0:
                break
        return found

    def pause(self) -> None:
        """Fetch nothing more from the partitions assigned now."""
        self._paused = set(self._positions)

    def resume(self) -> None:
        """Fetch again from all assigned partitions."""
        self._paused = set()

    async def commit(self, positions: Mapping[Partition, Position]) -> None:
        """Store positions of the partitions that are still assigned."""
        self._group.committed |= {
            partition: position for partition, position in positions.items() if partition in self._positions
        }

    async def lag(self) -> Mapping[Partition, int]:
        """Return the number of records between the read position and the end, per partition."""
        return {
            partition: len(self._bus.log(partition)) - position
            for partition, position in self._positions.items()
        }

    async def stop(self) -> None:
        """Leave the group."""
        if self in self._group.members:
            self._group.members.remove(self)
            self._positions = {}
            await self._group.rebalance()

    async def revoke(self) -> None:
        """Give all partitions back, after `on_revoke`; fetches return nothing meanwhile."""
        self._rebalancing = True
        if self._positions and self._on_revoke is not None:
            await self._on_revoke(frozenset(self._positions))
        self._positions = {}
        self._paused = set()

    def assign(self, partition: Partition) -> None:
        """Take over a partition."""
        self._positions[partition] = 0

    async def settle(self) -> None:
        """Fetch again from the committed positions: the assignment is complete."""
        if self._positions and self._on_assign is not None:
            await self._on_assign(frozenset(self._positions))
        self._positions = {
            partition: self._group.committed.get(partition, Position(0)).next_offset
            for partition in self._positions
        }
        self._rebalancing = False


class MemoryProducer:
    """Writes to a MemoryBus; every record is acknowledged at once."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def start(self) -> None:
        """Nothing to connect to."""

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Return the place of each record. Raises RecordTooLargeError at the first above the bound."""
        return [await self._bus.append(record) for record in records]

    async def stop(self) -> None:
        """Nothing to flush."""


class MemoryTransactions:
    """Transactions on a MemoryBus: records become visible together, unless a later owner took the id."""

    def __init__(self, bus: MemoryBus, transactional_id: str) -> None:
        self._bus = bus
        self._id = transactional_id
        self._epoch = 0
        self._open: list[Outgoing] = []

    async def start(self) -> None:
        """Fence the former owner of the id."""
        self._bus.epochs[self._id] += 1
        self._epoch = self._bus.epochs[self._id]

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Keep the records for the commit.

        Raises ClientBrokenError when another has taken the id, RecordTooLargeError as `append` does.
        """
        self._refuse_zombies()
        for record in records:
            self._bus.check_size(record)
        self._open += records

    async def commit(self, positions: Mapping[Partition, Position], *, group: str) -> None:
        """Make the records visible and store the positions. Raises ClientBrokenError as `publish` does."""
        self._refuse_zombies()
        records, self._open = self._open, []
        self._bus.store(group, positions)
        for record in records:
            await self._bus.append(record)

    async def stop(self) -> None:
        """Drop the records that are not committed."""
        self._open = []

    def _refuse_zombies(self) -> None:
        if self._epoch != self._bus.epochs[self._id]:
            raise ClientBrokenError(f"{self._id} was taken by another")
