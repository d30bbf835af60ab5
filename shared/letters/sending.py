"""Replays and purges of dead letters on Kafka, by the rules of `replays`."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from shared.bus.chunks import no_wait, send
from shared.bus.kafka.history import KafkaHistory
from shared.bus.kafka.marks import KafkaMarks, Mark, marks
from shared.bus.port import Producer
from shared.bus.record import Partition
from shared.letters.offsets import as_text, from_text
from shared.letters.reading import letters, survey
from shared.letters.replays import (
    ATTEMPTS,
    GROUP,
    SINGLE_GROUP,
    Letters,
    Plan,
    Rule,
    ends_of,
    group_of,
    outgoing,
    singles_within,
    within,
)
from shared.letters.selection import Wanted
from shared.settings import KafkaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How due letters are sent."""

    producer: Producer
    """Started; its owner stops it."""

    without: frozenset[str] = frozenset()
    """Names of headers that stay behind."""

    room: Callable[[str], Awaitable[None]] = no_wait
    """Returns when a topic can take more records."""

    on_sent: Callable[[int], None] = field(default=lambda _: None)
    """Hears the count so far."""


async def plan(
    kafka: KafkaSettings, wanted: Wanted, *, attempts: int = ATTEMPTS, again: bool = False
) -> Plan:
    """Return the plan of a replay of the selected letters; `again` includes those replayed before."""
    found = await survey(kafka, wanted)
    spans = await _spans(kafka, wanted)
    groups = [group_of(reason) for reason in (None, *sorted({letter.reason for _, letter in found}))]
    noted = await marks(kafka, [*groups, SINGLE_GROUP], spans)
    singles = {each: from_text(mark.text) for each, mark in noted.pop(SINGLE_GROUP, {}).items()}
    known = within(
        {group: {each: mark.offset for each, mark in at.items()} for group, at in noted.items()}, spans
    )
    singles = dict(singles_within(singles, spans, known.get(GROUP, {})))
    rule = (
        Rule(marks={}, attempts=attempts) if again else Rule(marks=known, singles=singles, attempts=attempts)
    )
    return Plan(rule, known.get(group_of(wanted.reason), {}), found, singles)


async def replay(kafka: KafkaSettings, wanted: Wanted, planned: Plan, sending: Sending) -> int:
    """Send the due letters to their topics as fast as the broker takes them; return their number.

    Each batch is marked once its records are acknowledged. Raises MarksFullError before it sends what it
    could not mark.
    """
    sent_count = 0
    group = group_of(wanted.reason) if wanted.is_whole else SINGLE_GROUP
    async with KafkaMarks(kafka, group) as marked, aclosing(letters(kafka, wanted)) as batches:
        async for batch in batches:
            due = planned.due(batch)
            if not wanted.is_whole:
                planned = planned.with_singles(due)
            moved = _passed(planned, batch) if wanted.is_whole else _singles(planned, due)
            for target, records in outgoing(due, sending.without).items():
                sent_count += await send(records, sending.producer, room=partial(sending.room, target))
                sending.on_sent(sent_count)
            if moved:
                await marked.move(moved)
    return sent_count


async def purge_ends(
    kafka: KafkaSettings, wanted: Wanted, *, replayed_only: bool
) -> tuple[Counter[str], dict[Partition, int]]:
    """Return the number of letters to delete by topic, and the offset to delete up to in each partition."""
    found = await survey(kafka, wanted)
    lasts = ends_of(found)
    ends = {partition: offset + 1 for partition, offset in lasts.items()}
    if replayed_only:
        spans = await _spans(kafka, wanted)
        noted = (await marks(kafka, [GROUP], lasts)).get(GROUP, {})
        ends = dict(within({GROUP: {each: mark.offset for each, mark in noted.items()}}, spans)[GROUP])
    counts = Counter(
        record.partition.topic for record, _ in found if record.offset < ends.get(record.partition, 0)
    )
    return counts, ends


async def _spans(kafka: KafkaSettings, wanted: Wanted) -> dict[Partition, range]:
    async with KafkaHistory(kafka) as history:
        return await history.spans(wanted.topics())


def _passed(planned: Plan, batch: Letters) -> dict[Partition, Mark]:
    return {partition: Mark(offset) for partition, offset in planned.passed(batch).items()}


def _singles(planned: Plan, due: Letters) -> dict[Partition, Mark]:
    """Return the marks of the partitions of these letters. Raises MarksFullError."""
    return {
        partition: Mark(max(planned.singles[partition]) + 1, as_text(planned.singles[partition]))
        for partition in {record.partition for record, _ in due}
    }
