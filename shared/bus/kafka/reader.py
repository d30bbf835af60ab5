"""Looks at topics from outside: reads without a group, commits nothing, asks how far the groups are."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.bus.kafka.client import RECORD_MAX_BYTES, connecting, connection, to_record, translated
from shared.bus.kafka.stop import stop_consumer
from shared.bus.port import LostRecordsError
from shared.bus.record import Partition, Record
from shared.settings import KafkaSettings

FETCH_MAX_RECORDS = 1000
_EMPTY_FETCHES = 3
"""Fetches in a row without a record, after which nothing but ends of transactions is left."""

_FIND_WITHIN_S = 5.0
_FIND_WAIT_MS = 10
"""A broker answers a connection's requests in turn: a fetch that waits holds up the next question."""

_FIND_BYTES = 64 * 1024
"""One record is wanted. A larger batch comes whole all the same, if it is the first."""


@dataclass(frozen=True, slots=True)
class GroupPosition:
    """How far a group is in one partition."""

    committed: int | None
    """The offset that it reads next after a restart; None when it has never committed."""

    first_waiting: int
    """The offset of the first record that it has not committed; `end` where there is none."""

    end: int
    """The offset that the next record will get."""

    @property
    def lag_records(self) -> int:
        """Return how many records the group has not committed, ends of transactions between them included."""
        return max(0, self.end - self.first_waiting)


class KafkaReader:
    """Reads whole topics, from their beginning or their end, also partitions that appear later."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], *, from_end: bool = False) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        self._from_end = from_end
        self._client: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached, or does not have a topic."""
        client = AIOKafkaConsumer(
            *self._topics,
            **connection(self._settings),
            auto_offset_reset="latest" if self._from_end else "earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=RECORD_MAX_BYTES,
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
            metadata_max_age_ms=2_000,
        )
        async with connecting(self._settings, "reading"):
            try:
                await client.start()
                for partition in client.assignment():
                    await client.position(partition)  # the end as it is now, not at the first fetch
            except BaseException:
                await stop_consumer(client)
                raise
        self._client = client

    async def fetch(self, *, timeout_ms: int) -> list[Record]:
        """Return what is there, in the order of its timestamps; empty after `timeout_ms`."""
        with translated("fetching"):
            fetched = await self._started.getmany(timeout_ms=timeout_ms, max_records=FETCH_MAX_RECORDS)
        records = [to_record(message) for messages in fetched.values() for message in messages]
        return sorted(records, key=lambda record: record.timestamp_ms)

    async def rewind(self, record_count: int) -> bool:
        """Go to `record_count` offsets before each end; return whether all partitions begin there."""
        with translated("asking where topics begin"):
            places = list(self._started.assignment())
            begins = await self._started.beginning_offsets(places)
            ends = await self._started.end_offsets(places)
        for place, end in ends.items():
            self._started.seek(place, max(begins[place], end - record_count))
        return all(end - record_count <= begins[place] for place, end in ends.items())

    async def until_end(self) -> AsyncGenerator[list[Record]]:
        """Yield all records between here and the ends, some at a time."""
        empty_count = 0
        while empty_count < _EMPTY_FETCHES and await self.remaining_records():
            fetched = await self.fetch(timeout_ms=500)
            empty_count = 0 if fetched else empty_count + 1
            yield fetched

    async def remaining_records(self) -> int:
        """Return how many records lie between here and the ends."""
        with translated("asking for the ends"):
            ends = await self._started.end_offsets(list(self._started.assignment()))
            positions = {partition: await self._started.position(partition) for partition in ends}
        return sum(max(0, end - positions[partition]) for partition, end in ends.items())

    async def stop(self) -> None:
        """Close."""
        if self._client is not None:
            await stop_consumer(self._client)

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client


class KafkaFinder:
    """Finds the records of a partition beside the group that reads it.

    Not each offset holds one: a transaction's end takes one, aborted and compacted records leave theirs.
    """

    def __init__(self, settings: KafkaSettings, *, group: str) -> None:
        self._settings = settings
        self._group = group
        self._client: AIOKafkaConsumer | None = None
        self._asking = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        client = _finding(self._settings)
        async with connecting(self._settings, "finding records"):
            try:
                await client.start()
            except BaseException:
                await stop_consumer(client)
                raise
        self._client = client

    async def starts(self, read: Mapping[Partition, int]) -> dict[Partition, int]:
        """Return where to go on in each partition that is read up to before an offset; 0 is unread.

        That is there, or at the oldest offset that is left. Raises LostRecordsError where others were
        deleted before it, unless the group has committed that it goes on behind them.
        """
        places = [TopicPartition(*partition) for partition in read]
        with translated("asking where topics begin"):
            async with self._asking:
                begins = await self._started.beginning_offsets(places) if places else {}
        behind = [place for place, begin in begins.items() if read[Partition(*place)] < begin]
        committed = await KafkaInspector(self._settings).committed(self._group, behind) if behind else {}
        for partition in map(Partition._make, behind):
            position = max(read[partition], committed.get(partition, 0))
            if position > 0:
                self._refuse_lost(partition, position, begins[TopicPartition(*partition)])
        return {Partition(*place): max(begin, read[Partition(*place)]) for place, begin in begins.items()}

    async def next_record(self, partition: Partition, offset: int) -> int:
        """Return the offset of the first committed record at or after this one.

        Where there is none, the offset up to which all is decided: before it is no record, and behind it
        nothing but open transactions. Raises RetryableError when the broker doesn't answer in time,
        LostRecordsError when what was there is deleted.
        """
        place = TopicPartition(*partition)
        with translated(f"finding the record after {offset} of {partition}"):
            async with self._asking:
                found, _ = await _first_at(self._started, place, offset)
                if found > offset:
                    [begin] = (await self._started.beginning_offsets([place])).values()
                    self._refuse_lost(partition, offset, begin)
                return found

    async def stop(self) -> None:
        """Close."""
        if self._client is not None:
            await stop_consumer(self._client)

    def _refuse_lost(self, partition: Partition, offset: int, begin: int) -> None:
        if offset < begin:
            raise LostRecordsError.between(partition, group=self._group, next_offset=offset, begin=begin)

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client


class KafkaInspector:
    """Answers questions about topics and groups; each call connects anew."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def topics(self) -> frozenset[str]:
        """Return the topics that exist. Raises RetryableError when the broker can't be reached."""
        async with connecting(self._settings, "asking for topics"):
            client = AIOKafkaConsumer(**connection(self._settings))
            try:
                await client.start()
                return frozenset(await client.topics())
            finally:
                await stop_consumer(client)

    async def committed(self, group: str, partitions: Iterable[TopicPartition]) -> Mapping[Partition, int]:
        """Return the offset that `group` reads next, of each partition where it has committed any."""
        async with connecting(self._settings, f"asking for group {group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            try:
                await admin.start()
                return await _committed(admin, group, partitions)
            finally:
                await admin.close()

    async def positions(self, group: str, topics: Iterable[str]) -> Mapping[Partition, GroupPosition]:
        """Return how far `group` is in those of `topics` that exist.

        Raises RetryableError when the broker doesn't answer in time.
        """
        async with connecting(self._settings, f"asking for group {group}"):
            admin = AIOKafkaAdminClient(**connection(self._settings))
            client = _finding(self._settings)
            try:
                await admin.start()
                await client.start()
                partitions = await _partitions(admin, set(topics) & set(await client.topics()))
                if not partitions:
                    return {}
                committed = await _committed(admin, group, partitions)
                return {
                    Partition(*partition): await _position_in(
                        client, partition, committed.get(Partition(*partition))
                    )
                    for partition in partitions
                }
            finally:
                await stop_consumer(client)
                await admin.close()


def _finding(settings: KafkaSettings) -> AIOKafkaConsumer:
    """Return a client that is quick to fetch a record, not started yet."""
    return AIOKafkaConsumer(
        **connection(settings),
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=_FIND_BYTES,
        fetch_max_wait_ms=_FIND_WAIT_MS,
    )


async def _position_in(
    client: AIOKafkaConsumer, place: TopicPartition, committed: int | None
) -> GroupPosition:
    first, end = await _first_at(client, place, committed or 0)
    return GroupPosition(committed, first, end)


async def _first_at(client: AIOKafkaConsumer, place: TopicPartition, offset: int) -> tuple[int, int]:
    """Return the offset of the first committed record from `offset` on, and the end.

    The end, or `offset` behind it, stands for a record where there is none.
    """
    async with asyncio.timeout(_FIND_WITHIN_S):
        [end] = (await client.end_offsets([place])).values()
        client.assign([place])
        client.seek(place, offset)
        try:
            # What holds no record moves the position, and is no reason for getmany() to return.
            while await client.position(place) < end:
                fetched = await client.getmany(place, timeout_ms=_FIND_WAIT_MS, max_records=1)
                for [record] in fetched.values():
                    return int(record.offset), int(end)
        finally:
            client.pause(place)
    return max(offset, int(end)), int(end)


async def _committed(
    admin: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[Partition, int]:
    """Return the committed offset of each partition that has one."""
    found = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
    return {Partition(*partition): at.offset for partition, at in found.items() if at.offset >= 0}


async def _partitions(admin: AIOKafkaAdminClient, topics: set[str]) -> list[TopicPartition]:
    described = await admin.describe_topics(sorted(topics)) if topics else []
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
