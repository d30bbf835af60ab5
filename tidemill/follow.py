"""Reads topics as `tail -f` reads files: from now, from the beginning or from the last records on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Record
from shared.errors import RetryableError, TidemillError
from shared.settings import KafkaSettings

_FETCH_MS = 500
_ASK_EVERY_S = 5.0
_REACH_FACTOR = 4


class StackEndedError(TidemillError):
    """The local stack whose topics are read has ended: nothing more will arrive."""


class Start(StrEnum):
    """Where reading starts."""

    BEGINNING = "beginning"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which records of the topics are read."""

    start: Start = Start.END
    last_count: int | None = None
    """Start with so many of the newest records instead."""

    follow: bool = True
    """Go on with what arrives; False ends with the newest record that is there."""

    silence_s: float = 30.0
    """A broker that answers nothing for so long ends the reading."""


async def existing(kafka: KafkaSettings, topics: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return those of `topics` that the broker has, and those it lacks.

    Raises RetryableError when the broker can't be reached.
    """
    there = await KafkaInspector(kafka).topics()
    return [each for each in topics if each in there], [each for each in topics if each not in there]


async def read(
    kafka: KafkaSettings, topics: Sequence[str], reading: Reading, *, ended: Callable[[], bool]
) -> AsyncGenerator[Record]:
    """Yield records of several topics, in the order of their timestamps as far as they come together.

    `ended` is asked while nothing arrives: whether the local stack is gone. Raises StackEndedError then, and
    RetryableError when the broker can't be reached, also later.
    """
    from_end = reading.start is Start.END and reading.last_count is None
    reader = KafkaReader(kafka, topics, from_end=from_end)
    await reader.start()
    try:
        if reading.last_count is not None:
            for record in await _last(reader, reading.last_count):
                yield record
        arriving = _arriving(reader, reading, ended) if reading.follow else reader.until_end()
        async for records in arriving:
            for record in records:
                yield record
    finally:
        await reader.stop()


def newest(records: Iterable[Record], count: int) -> list[Record]:
    """Return the last `count` of the records by their timestamps, the oldest of them first."""
    return sorted(records, key=lambda record: record.timestamp_ms)[-count:]


async def _last(reader: KafkaReader, count: int) -> list[Record]:
    """Return the last `count` records of all topics; the reader stands behind them then.

    Not each offset holds a record, so that it goes further back where too few were found.
    """
    reach = count
    while True:
        whole = await reader.rewind(reach)
        found = [record async for records in reader.until_end() for record in records]
        if whole or len(found) >= count:
            return newest(found, count)
        reach *= _REACH_FACTOR


async def _arriving(
    reader: KafkaReader, reading: Reading, ended: Callable[[], bool]
) -> AsyncGenerator[list[Record]]:
    clock = asyncio.get_running_loop().time
    heard_s = asked_s = clock()
    while True:
        if records := await reader.fetch(timeout_ms=_FETCH_MS):
            heard_s = clock()
            yield records
        elif ended():
            raise StackEndedError("the stack has ended")
        elif clock() - asked_s > min(_ASK_EVERY_S, reading.silence_s / 2):
            if await _answers(reader):
                heard_s = clock()
            elif clock() - heard_s > reading.silence_s:
                raise RetryableError(f"Kafka has not answered for {reading.silence_s:.0f} s")
            asked_s = clock()


async def _answers(reader: KafkaReader) -> bool:
    """Return whether the broker says within a few seconds where the topics end."""
    try:
        async with asyncio.timeout(_ASK_EVERY_S):
            await reader.remaining_records()
    except (RetryableError, TimeoutError):
        return False
    return True
