"""Which offsets hold records, by the word of each Kafka, and how many of them a group has still to read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.finder import KafkaFinder
from shared.bus.kafka.inspector import GroupPosition, KafkaInspector
from shared.bus.kafka.producer import KafkaTransactions
from shared.bus.kafka.reader import KafkaReader
from shared.bus.kafka.skip import skip_lost
from shared.bus.port import LostRecordsError
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition
from shared.settings import KafkaSettings
from shared.stateful.starts import starts
from tests.support.buses import PATIENCE_S, commit_all, delete_before, publish, read, reading


class Topic:
    """A topic with one key, and who finds its records."""

    def __init__(self, name: str, settings: KafkaSettings, finder: KafkaFinder) -> None:
        self._name = name
        self._settings = settings
        self._finder = finder

    async def write(self, count: int) -> None:
        """Write records without a transaction."""
        await publish(KafkaBus(self._settings), self._records(count))

    async def commit(self, count: int) -> None:
        """Write records and the end of their transaction; what was left open is aborted before."""
        owner = await self._owner()
        await owner.publish(self._records(count))
        await owner.commit({Partition(self._name, 0): Position(0)}, group=self._name)
        await owner.stop()

    async def leave_open(self, count: int) -> None:
        """Write records in a transaction that has no end yet."""
        owner = await self._owner()
        await owner.publish(self._records(count))
        await owner.stop()

    async def found(self, offset_count: int) -> list[int]:
        """Return what is found from each offset on, beginning with 0."""
        partition = await self.partition()
        return [await self._finder.next_record(partition, offset) for offset in range(offset_count)]

    async def start(self, read: int) -> int:
        """Return where a reader is to go on that has read up to before this offset."""
        place, group = {await self.partition(): Position(read)}, f"{self._name}.readers"
        [start] = (await starts(self._settings, place, group=group, changelog="changelog")).values()
        return start

    async def delete_before(self, offset: int) -> None:
        """Delete the first records."""
        await delete_before(self._settings.bootstrap, await self.partition(), offset)

    async def skip_lost(self) -> list[int]:
        """Let the group pass over what is deleted; return how many offsets that are, of each partition."""
        return list((await skip_lost(self._settings, f"{self._name}.readers", [self._name])).values())

    async def position_after(self, count: int) -> GroupPosition:
        """Return where a group is that has committed its first `count` records."""
        async with reading(KafkaBus(self._settings), self._name) as reader:
            await commit_all(reader, await read(reader, count))
        positions = await KafkaInspector(self._settings).positions(f"{self._name}.readers", [self._name])
        [position] = (at for at in positions.values() if at.end)
        return position

    async def partition(self) -> Partition:
        """Return the partition that holds the records."""
        reader = KafkaReader(self._settings, [self._name])
        await reader.start()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (records := await reader.fetch(timeout_ms=500)):
                    pass
        finally:
            await reader.stop()
        return records[0].partition

    async def _owner(self) -> KafkaTransactions:
        owner = KafkaTransactions(self._settings, self._name)
        await owner.start()
        return owner

    def _records(self, count: int) -> list[Outgoing]:
        return [Outgoing(self._name, b"k", b"v")] * count


@asynccontextmanager
async def opened(name: str, bootstrap: str) -> AsyncIterator[Topic]:
    """Yield a topic on a broker."""
    settings = KafkaSettings(bootstrap=bootstrap)
    finder = KafkaFinder(settings, group=f"{name}.readers")
    await finder.start()
    try:
        yield Topic(name, settings, finder)
    finally:
        await finder.stop()


@pytest.fixture(params=["memory_kafka", "real_kafka"])
async def either(request: pytest.FixtureRequest, topic: str) -> AsyncIterator[Topic]:
    """Yield a topic on each Kafka."""
    async with opened(topic, request.getfixturevalue(request.param)) as each:
        yield each


@pytest.fixture
async def real(real_kafka: str, topic: str) -> AsyncIterator[Topic]:
    """Yield a topic on the Kafka that knows transactions."""
    async with opened(topic, real_kafka) as each:
        yield each


async def test_where_each_offset_holds_a_record_the_next_is_the_one_asked_for(either: Topic) -> None:
    await either.write(3)

    assert await either.found(5) == [0, 1, 2, 3, 4]


async def test_what_is_written_later_is_found_by_the_same_finder(either: Topic) -> None:
    await either.write(1)
    await either.found(2)

    await either.write(2)

    assert await either.found(4) == [0, 1, 2, 3]


async def test_the_ends_of_transactions_are_passed_over(real: Topic) -> None:
    await real.commit(2)
    await real.commit(1)

    assert await real.found(5) == [0, 1, 3, 3, 5]


async def test_what_was_aborted_is_passed_over(real: Topic) -> None:
    await real.write(1)
    await real.leave_open(300)
    await real.commit(1)

    assert await real.found(304) == [0, *[302] * 302, 304]


async def test_what_is_not_decided_yet_is_the_end(real: Topic) -> None:
    await real.commit(1)
    await real.leave_open(2)
    await real.write(1)

    assert await real.found(3) == [0, 2, 2]


async def test_a_group_is_behind_by_the_records_that_it_has_not_committed(either: Topic) -> None:
    await either.write(3)

    position = await either.position_after(1)

    assert (position.committed, position.end, position.lag_records) == (1, 3, 2)


async def test_a_group_is_not_behind_by_the_end_of_a_transaction(real: Topic) -> None:
    await real.commit(2)

    position = await real.position_after(2)

    assert (position.committed, position.end, position.lag_records) == (2, 3, 0)


async def test_deleted_records_are_no_gap(real: Topic) -> None:
    await real.write(10)
    await real.delete_before(6)

    with pytest.raises(LostRecordsError, match="offsets 0 to 5 were deleted"):
        await real.found(1)


async def test_a_reader_goes_on_behind_what_it_has_read_though_that_is_deleted(real: Topic) -> None:
    await real.write(10)
    await real.delete_before(6)

    assert [await real.start(read) for read in (0, 6, 8)] == [6, 6, 8]


async def test_a_reader_of_deleted_records_stops_until_its_group_has_passed_over_them(real: Topic) -> None:
    await real.write(10)
    await real.position_after(2)
    await real.delete_before(6)

    with pytest.raises(LostRecordsError, match=r"offsets 3 to 5 were deleted before .*\.readers read them"):
        await real.start(3)

    assert await real.skip_lost() == [4]
    assert await real.start(3) == 6


async def test_a_reader_whose_group_kafka_has_forgotten_is_told_of_deleted_records_too(real: Topic) -> None:
    await real.write(10)
    await real.delete_before(6)

    with pytest.raises(LostRecordsError, match="offsets 3 to 5 were deleted"):
        await real.start(3)

    assert await real.skip_lost() == [6]
    assert await real.start(3) == 6
