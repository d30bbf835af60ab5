"""Look-up of single records and of parts of partitions, without a group."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner

from shared.bus.kafka.client import RECORD_MAX_BYTES, connecting, connection, started, to_record, translated
from shared.bus.kafka.finding import first_since
from shared.bus.kafka.stop import stop_consumer
from shared.bus.record import Partition, Place, Record
from shared.settings import KafkaSettings

_WAIT_MS: Final = 10
"""Short, as a broker answers the requests of a connection in turn."""

_ANSWER_WITHIN_S: Final = 5.0
_READ_RECORDS: Final = 1000


class KafkaLookup:
    """Client that reads at any place, for many callers in turn; it commits nothing.

    The first call connects. Each call raises RetryableError when the broker doesn't answer.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._opening = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._at: Place | None = None
        """Place that the client reads next; None after an interruption."""

    async def stop(self) -> None:
        """Close, if a call has connected."""
        if self._admin is not None:
            await self._admin.close()
        if self._client is not None:
            await stop_consumer(self._client)

    async def partitions(self, topics: Collection[str]) -> list[Partition]:
        """Return the partitions of those of `topics` that exist."""
        client, admin = await self._consumer(), await self._asker()
        with translated("asking for partitions"):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                existing = await client.topics()
                wanted = [topic for topic in topics if topic in existing]
                described = await admin.describe_topics(wanted) if wanted else []
        return sorted(
            Partition(topic["topic"], partition["partition"])
            for topic in described
            for partition in topic["partitions"]
        )

    async def bounds(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return the first offset that is left, and the offset behind the last record, of each partition."""
        places = [TopicPartition(*partition) for partition in partitions]
        client = await self._consumer()
        with translated("asking for the bounds of partitions"):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                begins = await client.beginning_offsets(places) if places else {}
                ends = await client.end_offsets(places) if places else {}
        return {Partition(*place): (begins[place], ends[place]) for place in places}

    async def committed(self, group: str, partition: Partition) -> int:
        """Return the offset that a group has committed; 0 where it has committed none."""
        place, admin = TopicPartition(*partition), await self._asker()
        with translated(f"asking for group {group}"):
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                found = await admin.list_consumer_group_offsets(group, partitions=[place])
        return max(0, found[place].offset) if place in found else 0

    async def record_at(self, place: Place) -> Record | None:
        """Return the record at a place; None where there is none any more, or none yet."""
        begin, end = (await self.bounds([place.partition]))[place.partition]
        if not begin <= place.offset < end:
            return None
        records, _ = await self._read(place, end, max_records=1)
        return records[0] if records and records[0].offset == place.offset else None

    async def since(self, partition: Partition, timestamp_ms: int) -> AsyncGenerator[list[Record]]:
        """Yield the records from the first that is no older than `timestamp_ms` up to the end as it is now.

        The list may be empty: many offsets in a row can be without a record.
        """
        begin, end = (await self.bounds([partition]))[partition]
        offset = await self._offset_at(partition, timestamp_ms, begin, end)
        while offset < end:
            records, offset = await self._read(Place(partition, offset), end, max_records=_READ_RECORDS)
            yield records

    async def _offset_at(self, partition: Partition, timestamp_ms: int, begin: int, end: int) -> int:
        """Return an offset from `begin` on, before which all records are older; `end` where all are."""
        place, client = TopicPartition(*partition), await self._consumer()
        with translated(f"asking for a time in {partition}"):
            async with self._reading:
                found = (await client.offsets_for_times({place: timestamp_ms}))[place]
                if found is not None:
                    return int(found.offset)
                # No record is so young, or the broker keeps no times: the one in memory knows of none.
                self._at = None
                return await first_since(client, place, range(begin, end), timestamp_ms)

    async def _read(self, place: Place, end: int, *, max_records: int) -> tuple[list[Record], int]:
        """Return records before `end` from a place on, and the offset to go on at."""
        assigned, client = TopicPartition(*place.partition), await self._consumer()
        with translated(f"reading {place.partition}"):
            async with self._reading, asyncio.timeout(_ANSWER_WITHIN_S):
                if self._at == place:
                    client.resume(assigned)
                else:
                    client.assign([assigned])
                    client.seek(assigned, place.offset)
                self._at = None
                try:
                    records, offset = await _next_records(client, assigned, place.offset, end, max_records)
                finally:
                    client.pause(assigned)  # else it would ask the broker for more and more
                self._at = Place(place.partition, offset)
        return records, offset

    async def _consumer(self) -> AIOKafkaConsumer:
        """Return the client, connected by the first call."""
        async with self._opening:
            if self._client is None:
                client = AIOKafkaConsumer(
                    **connection(self._settings),
                    auto_offset_reset="earliest",
                    isolation_level="read_committed",
                    max_partition_fetch_bytes=RECORD_MAX_BYTES,
                    fetch_max_wait_ms=_WAIT_MS,
                )
                self._client = await started(self._settings, client, "looking up records")
        return self._client

    async def _asker(self) -> AIOKafkaAdminClient:
        """Return the client that asks for topics and groups, connected by the first call."""
        async with self._opening:
            if self._admin is None:
                admin = AIOKafkaAdminClient(**connection(self._settings))
                async with connecting(self._settings, "looking up groups"):
                    try:
                        await admin.start()
                    except BaseException:
                        await admin.close()
                        raise
                self._admin = admin
        return self._admin


async def _next_records(
    client: AIOKafkaConsumer, place: TopicPartition, offset: int, end: int, max_records: int
) -> tuple[list[Record], int]:
    """Return the next records of an assigned partition before `end`, and the offset behind them."""
    while offset < end:
        fetched = await client.getmany(place, timeout_ms=_WAIT_MS, max_records=max_records)
        offset = await client.position(place)  # what holds no record moves it too
        if records := [to_record(each) for each in fetched.get(place, ())]:
            return [each for each in records if each.offset < end], offset
    return [], offset


def partition_of(key: bytes, partitions: Collection[Partition]) -> Partition:
    """Return the one of a topic's partitions that our producers write a key to."""
    in_order = sorted(partitions)
    return DefaultPartitioner()(key, in_order, in_order)  # type: ignore[no-any-return]
