"""Reads selected dead letters from Kafka: all of them, or a page of the first or the last."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.kafka.history import KafkaHistory
from shared.bus.record import Partition, Place, Record
from shared.errors import RejectedError
from shared.letters.selection import Wanted, place_of
from shared.settings import KafkaSettings

Letter = tuple[Record, DeadLetter]


class Order(StrEnum):
    """End of the topics at which a page begins."""

    LAST = "last"
    FIRST = "first"

    def window(self, offsets: range, count: int) -> tuple[range, range]:
        """Return the next `count` offsets to read, and those that are left."""
        if self is Order.LAST:
            return offsets[-count:], offsets[:-count]
        return offsets[:count], offsets[count:]


class Age(NamedTuple):
    """Timestamp and place of a letter, by which letters are sorted."""

    timestamp_ms: int
    place: Place


async def survey(settings: KafkaSettings, wanted: Wanted) -> list[Letter]:
    """Return the selected letters by topic, partition and offset, without values and headers of senders."""
    found = [_outline(*letter) async for batch in letters(settings, wanted) for letter in batch]
    return sorted(found, key=lambda letter: place_of(letter[0]))


async def letters(settings: KafkaSettings, wanted: Wanted) -> AsyncGenerator[list[Letter]]:
    """Yield the selected dead letters in batches; those of a partition are in order.

    Raises ConfigError for an unknown topic, before anything is connected to.
    """
    wanted.topics()
    async with KafkaHistory(settings) as history:
        async for fetched in history.read(await _parts(history, wanted)):
            yield list(_read(fetched, wanted))


async def page(
    settings: KafkaSettings,
    wanted: Wanted,
    count: int,
    *,
    order: Order = Order.LAST,
    behind: Age | None = None,
) -> list[Letter]:
    """Return the first `count` selected letters in this order that come behind a letter of that age.

    They are without values and headers of senders. Only the end of each partition is read that holds them.
    """
    if behind is not None:
        wanted = _narrowed(wanted, order, behind)
    found: list[Letter] = []
    async with KafkaHistory(settings) as history:
        left, size = await _parts(history, wanted), count
        while left:
            windows = {partition: order.window(offsets, size) for partition, offsets in left.items()}
            async for fetched in history.read({each: window for each, (window, _) in windows.items()}):
                found += [
                    _outline(*each) for each in _read(fetched, wanted) if _is_behind(each, order, behind)
                ]
            counts = Counter(record.partition for record, _ in found)
            left = {each: rest for each, (_, rest) in windows.items() if rest and counts[each] < count}
            size *= 4
    return sorted(found, key=age_of, reverse=order is Order.LAST)[:count]


def age_of(letter: Letter) -> Age:
    """Return the timestamp and place of a letter."""
    record, _ = letter
    return Age(record.timestamp_ms, place_of(record))


def _is_behind(letter: Letter, order: Order, behind: Age | None) -> bool:
    if behind is None:
        return True
    return age_of(letter) < behind if order is Order.LAST else age_of(letter) > behind


def _narrowed(wanted: Wanted, order: Order, behind: Age) -> Wanted:
    """Return the selection without the times that lie before a letter of that age in this order."""
    time_ms = behind.timestamp_ms
    if order is Order.LAST:
        return replace(wanted, until_ms=min(time_ms + 1, wanted.until_ms or time_ms + 1))
    return replace(wanted, since_ms=max(time_ms, wanted.since_ms or 0))


async def _parts(history: KafkaHistory, wanted: Wanted) -> dict[Partition, range]:
    """Return the offsets that can hold selected letters."""
    spans = wanted.parts(await history.spans(wanted.topics()))
    if wanted.since_ms is not None:
        spans = await history.since(spans, wanted.since_ms)
    if wanted.until_ms is not None:
        later = await history.since(spans, wanted.until_ms)
        spans = {partition: range(span.start, later[partition].start) for partition, span in spans.items()}
    return spans


def _outline(record: Record, letter: DeadLetter) -> Letter:
    return replace(record, value=None, headers=()), letter.outline()


def _read(records: Sequence[Record], wanted: Wanted) -> Iterator[Letter]:
    for record in records:
        try:
            letter = read_dead_letter(record)
        except RejectedError:
            continue  # a record of somebody else is not ours to list or to send
        if wanted.includes(record, letter):
            yield record, letter
