"""Reads how far partitions reach, and the record before a stored position, to check that position."""

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import connecting, connection
from shared.bus.kafka.stop import stop_consumer
from shared.bus.positions import Log, Position
from shared.bus.record import Partition
from shared.settings import KafkaSettings

_ANSWER_WITHIN_S = 5.0
_FETCH_BYTES = 64 * 1024
_FETCH_WAIT_MS = 10


async def logs_at(settings: KafkaSettings, positions: Mapping[Partition, Position]) -> dict[Partition, Log]:
    """Return the log of each partition, with the timestamp of the record before the position.

    The timestamp is asked for only where the position has one to compare it with. Raises RetryableError when
    the broker can't be reached or doesn't answer in time.
    """
    if not positions:
        return {}
    client = AIOKafkaConsumer(
        **connection(settings),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )
    async with connecting(settings, "checking positions"):
        try:
            await client.start()
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                return await _logs_at(client, positions)
        finally:
            await stop_consumer(client)


async def _logs_at(client: AIOKafkaConsumer, positions: Mapping[Partition, Position]) -> dict[Partition, Log]:
    places = [TopicPartition(*partition) for partition in positions]
    # The isolation level is read_uncommitted here: an open transaction doesn't lower the end.
    begins = await client.beginning_offsets(places)
    ends = await client.end_offsets(places)
    wanted = {
        place: position.next_offset - 1
        for place, position in zip(places, positions.values(), strict=True)
        if position.last_timestamp_ms is not None and begins[place] < position.next_offset <= ends[place]
    }
    timestamps = await _timestamps_at(client, wanted)
    return {Partition(*place): Log(begins[place], ends[place], timestamps.get(place)) for place in places}


async def _timestamps_at(
    client: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Return the timestamps of the records at these offsets; none where compaction has removed a record."""
    client.assign(list(offsets))
    for place, offset in offsets.items():
        client.seek(place, offset)
    found: dict[TopicPartition, int] = {}
    left = set(offsets)
    while left:
        fetched = await client.getmany(*left, timeout_ms=_FETCH_WAIT_MS)
        for place, records in fetched.items():
            found.update((place, record.timestamp) for record in records if record.offset == offsets[place])
        # Compacted offsets and ends of transactions move the position without a record.
        left = {place for place in left if await client.position(place) <= offsets[place]}
    return found
