"""Search for the first record at or after an offset."""

import asyncio

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
