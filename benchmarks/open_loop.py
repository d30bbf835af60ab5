"""Open-loop load: records are sent when they are due, however slow the answers are."""

import asyncio
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from shared.bus.port import Producer
from shared.bus.record import Outgoing

Make = Callable[[datetime], Outgoing]
"""Returns the next record for the time at which it is due."""


async def offer(producer: Producer, make: Make, offsets_s: Iterable[float]) -> int:
    """Send a record at each offset from now; return their number once all are acknowledged.

    A late record goes at once and bears the time at which it was due, so a wait that is measured from that
    time includes all that a user would have waited.
    """
    clock = asyncio.get_running_loop().time
    began_s, began_at = clock(), datetime.now(UTC)
    sent_count = 0
    async with asyncio.TaskGroup() as sending:
        for offset_s, due in itertools.groupby(offsets_s):
            records = [make(began_at + timedelta(seconds=offset_s)) for _ in due]
            await asyncio.sleep(began_s + offset_s - clock())
            sending.create_task(producer.publish(records))
            sent_count += len(records)
    return sent_count


def independent(rate_per_s: float, *, lasting_s: float, seed: int) -> Iterator[float]:
    """Yield the times of senders that are independent of each other (Poisson)."""
    rng = random.Random(seed)  # noqa: S311 - a load, no secret
    offset_s = rng.expovariate(rate_per_s)
    while offset_s < lasting_s:
        yield offset_s
        offset_s += rng.expovariate(rate_per_s)


def even(rate_per_s: float, *, lasting_s: float, step_s: float = 0.05) -> Iterator[float]:
    """Yield times at an even rate; all that fall into a step are at its beginning."""
    for number in range(int(rate_per_s * lasting_s)):
        yield number / rate_per_s // step_s * step_s
