"""Sending of many records in chunks that a broker can keep."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice

from shared.bus.port import Producer
from shared.bus.record import Outgoing

CHUNK_RECORDS = 500
CHUNK_BYTES = 2 * 1024 * 1024
"""Less than the broker in memory keeps of a partition, which is about 5 MB."""


async def no_wait(*_: object) -> None:
    """Return at once, for brokers that keep what is not read yet."""


async def send(
    records: Iterable[Outgoing], producer: Producer, *, room: Callable[[], Awaitable[None]] = no_wait
) -> int:
    """Return how many records were sent and acknowledged; `room` returns when the next chunk may leave."""
    sent_count, waiting = 0, iter(records)
    while chunk := take(waiting):
        await room()
        await producer.publish(chunk)
        sent_count += len(chunk)
    return sent_count


def take(
    records: Iterator[Outgoing], count: int = CHUNK_RECORDS, pauses: Callable[[], bool] = lambda: False
) -> list[Outgoing]:
    """Return the next `count` records, or fewer when they are large or the next one has not arrived."""
    chunk: list[Outgoing] = []
    size_bytes = 0
    for record in islice(records, count):
        chunk.append(record)
        size_bytes += len(record.value or b"")
        if size_bytes >= CHUNK_BYTES or pauses():
            break
    return chunk
