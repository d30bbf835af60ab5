"""Reads dead letters, and sends them to their topics again."""

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing, Partition, Record
from shared.catalogue import DEAD_TOPICS
from shared.errors import RejectedError
from shared.events import DEAD_SUFFIX
from shared.settings import KafkaSettings
from tidemill.connect import Connection
from tidemill.player import no_wait, play
from tidemill.services import read_up
from tidemill.topics import topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which dead letters are meant."""

    name: str | None
    """Those of this topic, by its short or full name; of all where there is none."""

    reason: str | None

    def topics(self) -> list[str]:
        """Return the topics that they may be on. Raises ConfigError when there is no such name."""
        if self.name is None:
            return list(DEAD_TOPICS)
        return [topic.removesuffix(DEAD_SUFFIX) + DEAD_SUFFIX for topic in topics(self.name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Letters that a replay sends, and those that it can't send."""

    counts: Mapping[str, int]
    """How many go to each topic."""

    left_out: Sequence[str]
    """Where the originals of those stand whose values were too large for a letter: they are only there."""

    ends: Mapping[Partition, int]
    """The last letter of each partition: those behind it may be of what was sent again."""

    @property
    def total(self) -> int:
        """Return how many are sent."""
        return sum(self.counts.values())


async def letters(settings: KafkaSettings, wanted: Wanted) -> AsyncGenerator[list[tuple[Record, DeadLetter]]]:
    """Yield the dead letters that are wanted, some at a time, each partition's in order."""
    topics = wanted.topics()
    existing = await KafkaInspector(settings).topics()
    topics = [each for each in topics if each in existing]
    if not topics:
        return
    reader = KafkaReader(settings, topics)
    await reader.start()
    try:
        async for fetched in reader.until_end():
            yield list(_read(fetched, wanted.reason))
    finally:
        await reader.stop()


def _read(records: Sequence[Record], reason: str | None) -> Iterator[tuple[Record, DeadLetter]]:
    for record in records:
        try:
            letter = read_dead_letter(record)
        except RejectedError:
            continue  # someone else's record: not ours to list or to send
        if reason in {None, letter.reason}:
            yield record, letter


async def plan(settings: KafkaSettings, wanted: Wanted) -> Plan:
    """Return what a replay of the letters that are there would do."""
    counts: Counter[str] = Counter()
    left_out, ends = list[str](), dict[Partition, int]()
    async for batch in letters(settings, wanted):
        for record, letter in batch:
            ends[record.partition] = record.offset
            if letter.value_left_out:
                left_out.append(f"{letter.original.topic} {letter.original.number}:{letter.original_offset}")
            else:
                counts[letter.original.topic] += 1
    return Plan(counts=counts, left_out=left_out, ends=ends)


async def replay(connection: Connection, wanted: Wanted, planned: Plan) -> int:
    """Return how many letters were sent to their topics again, as fast as the broker takes them."""
    producer = KafkaBus(connection.kafka).producer()
    await producer.start()
    sent_count = 0
    try:
        async with aclosing(letters(connection.kafka, wanted)) as batches:
            async for batch in batches:
                for target, records in _sendable(batch, planned.ends).items():
                    room = partial(read_up, connection.kafka, target) if connection.keeps_little else no_wait
                    sent_count += await play(records, producer, room=room)
    finally:
        await producer.stop()
    return sent_count


def _sendable(
    batch: Sequence[tuple[Record, DeadLetter]], ends: Mapping[Partition, int]
) -> dict[str, list[Outgoing]]:
    found: defaultdict[str, list[Outgoing]] = defaultdict(list)
    for record, letter in batch:
        if record.offset <= ends.get(record.partition, -1) and not letter.value_left_out:
            found[letter.original.topic].append(letter.replay())
    return found
