"""Replays and purges of dead letters on Kafka, by the rules of `replays`."""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

from shared.bus.chunks import send
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.marks import KafkaMarks, marks
from shared.bus.record import Partition
from shared.letters.reading import Wanted, letters, survey
from shared.letters.replays import GROUP, Plan, Rule, ends_of, group_of, within
from shared.settings import KafkaSettings

Room = Callable[[str], Awaitable[None]]
"""Returns when a topic can take more records."""


async def plan(kafka: KafkaSettings, wanted: Wanted, *, attempts: int, again: bool) -> Plan:
    """Return the plan of a replay of the selected letters; `again` includes those before the marks."""
    found = await survey(kafka, wanted)
    ends = ends_of(found)
    groups = [group_of(reason) for reason in (None, *sorted({letter.reason for _, letter in found}))]
    known = within(await marks(kafka, groups, ends), ends)
    is_new_only = not again and wanted.place is None
    rule = Rule(marks=known if is_new_only else {}, attempts=attempts)
    return Plan(rule, known.get(group_of(wanted.reason), {}), found)


async def replay(
    kafka: KafkaSettings,
    wanted: Wanted,
    planned: Plan,
    *,
    room: Room,
    on_sent: Callable[[int], None],
) -> int:
    """Send the due letters to their topics as fast as the broker takes them; return their number.

    Each batch is marked once its records are acknowledged, except when one letter alone was selected.
    `room` returns when a topic can take more records; `on_sent` hears the count so far.
    """
    producer = KafkaBus(kafka).producer()
    sent_count = 0
    async with KafkaMarks(kafka, group_of(wanted.reason)) as marked:
        await producer.start()
        try:
            async with aclosing(letters(kafka, wanted)) as batches:
                async for batch in batches:
                    for target, records in planned.due(batch).items():
                        sent_count += await send(records, producer, room=partial(room, target))
                        on_sent(sent_count)
                    if wanted.place is None and (passed := planned.passed(batch)):
                        await marked.move(passed)
        finally:
            await producer.stop()
    return sent_count


async def purge_ends(
    kafka: KafkaSettings, wanted: Wanted, *, replayed_only: bool
) -> tuple[Counter[str], dict[Partition, int]]:
    """Return the number of letters to delete by topic, and the offset to delete up to in each partition."""
    found = await survey(kafka, wanted)
    lasts = ends_of(found)
    ends = {partition: offset + 1 for partition, offset in lasts.items()}
    if replayed_only:
        ends = dict(within(await marks(kafka, [GROUP], lasts), lasts).get(GROUP, {}))
    counts = Counter(
        record.partition.topic for record, _ in found if record.offset < ends.get(record.partition, 0)
    )
    return counts, ends
