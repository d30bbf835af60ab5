"""Sending of records to their topics, at a steady rate or as fast as the broker takes them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from shared.bus.chunks import CHUNK_RECORDS, no_wait, take
from shared.bus.port import Producer
from shared.bus.record import Outgoing
from shared.events import Event
from shared.events.headers import new_trace

TICK_S = 0.02
"""Shortest pause between chunks: at a high rate, one chunk holds all that is due within it."""


def outgoing(event: Event) -> Outgoing:
    """Return the record of an event, with the headers of a new trace."""
    return Outgoing.of(event, source="/tidemill/play", trace=new_trace())


def due_count(elapsed_s: float, *, rate: float, sent_count: int) -> int:
    """Return how many records should leave now; the first is due at once."""
    return min(CHUNK_RECORDS, max(0, int(elapsed_s * rate) + 1 - sent_count))


async def play(
    records: Iterable[Outgoing],
    producer: Producer,
    *,
    rate: float | None = None,
    on_sent: Callable[[int], None] = lambda _: None,
    room: Callable[[], Awaitable[None]] = no_wait,
    pauses: Callable[[], bool] = lambda: False,
) -> int:
    """Return how many records were sent and acknowledged; `rate` is in records per second.

    `on_sent` is called with the count so far after each chunk; `room` returns when the next one may leave.
    While `pauses` returns True, the next record has not arrived yet, and a chunk leaves as it is.
    """
    loop = asyncio.get_running_loop()
    started_s, sent_count, waiting = loop.time(), 0, iter(records)
    while True:
        due = CHUNK_RECORDS
        if rate is not None:
            due = due_count(loop.time() - started_s, rate=rate, sent_count=sent_count)
        chunk = take(waiting, due, pauses)
        if due and not chunk:
            return sent_count
        await producer.publish(chunk)
        sent_count += len(chunk)
        on_sent(sent_count)
        await room()
        if rate is not None:
            await asyncio.sleep(max(TICK_S, started_s + sent_count / rate - loop.time()))
