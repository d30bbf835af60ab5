"""Kafka reader of whole topics, without a group: it commits nothing."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import RECORD_MAX_BYTES, connecting, connection, to_record, translated
from shared.bus.kafka.stop import stop_consumer
from shared.bus.record import Partition, Record
from shared.settings import KafkaSettings

FETCH_MAX_RECORDS = 1000
_EMPTY_FETCHES = 3
"""Fetches in a row without a record, after which nothing but ends of transactions is left."""


class KafkaReader:
    """Reads whole topics from their beginning, their end or given positions, and all of later partitions.

    `positions` are offsets to go on at. A partition without one is read from its beginning, and so is one
    whose records were deleted up to behind its position.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topics: Sequence[str],
        *,
        from_end: bool = False,
        positions: Mapping[Partition, int] | None = None,
    ) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        self._from_end = from_end
        self._first_offsets = {
            TopicPartition(*place): offset
            for place, offset in (positions or {}).items()
            if place.topic in self._topics
        }
        self._client: AIOKafkaConsumer | None = None
        self._next_offsets: dict[TopicPartition, int] = {}
        """Of each partition that was there at the start, or that has given a record."""
        self._assignment: Any = None

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
                self._assignment = _assignment_of(client)
                # The end as it is now, not at the first fetch.
                self._next_offsets = {place: await client.position(place) for place in client.assignment()}
                self._next_offsets |= self._first_offsets
                for place in self._first_offsets.keys() & client.assignment():
                    client.seek(place, self._first_offsets[place])
            except BaseException:
                await stop_consumer(client)
                raise
        self._client = client

    @property
    def positions(self) -> Mapping[Partition, int]:
        """Return the offset behind the last record that was returned, of each partition."""
        return {Partition(*place): offset for place, offset in self._next_offsets.items()}

    async def fetch(self, *, timeout_ms: int) -> list[Record]:
        """Return what is there, in the order of its timestamps; empty after `timeout_ms`."""
        client = self._started
        with translated("fetching"):
            fetched = await client.getmany(timeout_ms=timeout_ms, max_records=FETCH_MAX_RECORDS)
        if _assignment_of(client) is not self._assignment:
            with translated("going on in a new assignment"):
                await self._go_on()
            return []
        self._next_offsets |= {
            place: messages[-1].offset + 1 for place, messages in fetched.items() if messages
        }
        records = [to_record(message) for messages in fetched.values() for message in messages]
        return sorted(records, key=lambda record: record.timestamp_ms)

    async def rewind(self, record_count: int) -> bool:
        """Go to `record_count` offsets before each end; return whether all partitions begin there."""
        with translated("asking where topics begin"):
            places = list(self._started.assignment())
            begins = await self._started.beginning_offsets(places)
            ends = await self._started.end_offsets(places)
        for place, end in ends.items():
            self._next_offsets[place] = max(begins[place], end - record_count)
            self._started.seek(place, self._next_offsets[place])
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

    async def _go_on(self) -> None:
        """Seek to the next record of each partition: with each new assignment aiokafka begins anew in all."""
        self._assignment = _assignment_of(self._started)
        for place in self._started.assignment():
            # aiokafka asks for a first position by itself; its answer would overrule a seek that came before.
            await self._started.position(place)
            self._started.seek(place, self._next_offsets.get(place, 0))

    async def stop(self) -> None:
        """Close."""
        if self._client is not None:
            await stop_consumer(self._client)

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client


def _assignment_of(client: AIOKafkaConsumer) -> Any:
    """Return the object that is new with each assignment, also one of the same partitions."""
    return client._subscription.subscription.assignment  # noqa: SLF001 - no callback tells it without a group
