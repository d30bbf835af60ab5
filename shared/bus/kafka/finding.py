"""Search for the first record at or after an offset or a time."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import connection
from shared.settings import KafkaSettings

_FIND_WITHIN_S = 5.0
_FIND_WAIT_MS = 10
"""Short, as a broker answers the requests of a connection in turn."""

_FIND_BYTES = 64 * 1024
"""Enough for one record; the broker returns a larger batch whole if it is the first."""


def finding_client(settings: KafkaSettings) -> AIOKafkaConsumer:
    """Return a client, not started, whose fetches are small and short."""
    return AIOKafkaConsumer(
        **connection(settings),
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=_FIND_BYTES,
        fetch_max_wait_ms=_FIND_WAIT_MS,
    )


async def first_at(client: AIOKafkaConsumer, place: TopicPartition, offset: int) -> tuple[int, int]:
    """Return the offset of the first committed record from `offset` on, and the end.

    The end, or `offset` behind it, stands for a record where there is none.
    """
    record, end = await _first_record(client, place, offset)
    return (max(offset, end) if record is None else int(record.offset)), end


async def first_since(client: AIOKafkaConsumer, place: TopicPartition, offsets: range, time_ms: int) -> int:
    """Return the first of `offsets` from which records have a timestamp of `time_ms` or later, by bisection.

    The end of `offsets` where all are earlier. For brokers that can't search by time.
    """
    low, high = offsets.start, offsets.stop
    while low < high:
        middle = (low + high) // 2
        record, _ = await _first_record(client, place, middle)
        if record is None or record.offset >= high or record.timestamp >= time_ms:
            high = middle
        else:
            low = record.offset + 1
    return low


async def _first_record(client: AIOKafkaConsumer, place: TopicPartition, offset: int) -> tuple[Any, int]:
    """Return the first committed record from `offset` on, None where there is none, and the end."""
    async with asyncio.timeout(_FIND_WITHIN_S):
        [end] = (await client.end_offsets([place])).values()
        client.assign([place])
        client.seek(place, offset)
        try:
            # What holds no record moves the position, and is no reason for getmany() to return.
            while await client.position(place) < end:
                fetched = await client.getmany(place, timeout_ms=_FIND_WAIT_MS, max_records=1)
                for [record] in fetched.values():
                    return record, int(end)
        finally:
            client.pause(place)
    return None, int(end)
