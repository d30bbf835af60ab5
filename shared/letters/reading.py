"""Reads the dead letters of some topics, of one reason or at one offset."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Record
from shared.catalogue import DEAD_TOPICS
from shared.errors import ConfigError, RejectedError
from shared.events import DEAD_SUFFIX
from shared.settings import KafkaSettings
from shared.topics import topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Selects dead letters."""

    name: str | None
    """Short or full name of the topic of their records; None selects all topics."""

    reason: str | None = None
    """Reason code; None selects all reasons."""

    place: str | None = None
    """`PARTITION:OFFSET` of one letter; None selects all places."""

    def topics(self) -> list[str]:
        """Return the topics of dead letters to read. Raises ConfigError when there is no such name."""
        if self.name is None:
            if self.place is not None:
                raise ConfigError("name the topic of the letter too, e.g. messages --offset 2:17")
            return list(DEAD_TOPICS)
        return [topic.removesuffix(DEAD_SUFFIX) + DEAD_SUFFIX for topic in topics(self.name)]

    def includes(self, record: Record, letter: DeadLetter) -> bool:
        """Return whether a letter on one of the topics is selected."""
        return self.reason in {None, letter.reason} and self.place in {None, place_of(record)}


def place_of(record: Record) -> str:
    """Return `PARTITION:OFFSET` of a record."""
    return f"{record.partition.number}:{record.offset}"


async def survey(settings: KafkaSettings, wanted: Wanted) -> list[tuple[Record, DeadLetter]]:
    """Return the selected letters by topic, partition and offset, without values and headers of senders."""
    found = [
        (replace(record, value=None, headers=()), letter.outline())
        async for batch in letters(settings, wanted)
        for record, letter in batch
    ]
    return sorted(found, key=lambda pair: (pair[0].partition, pair[0].offset))


async def letters(settings: KafkaSettings, wanted: Wanted) -> AsyncGenerator[list[tuple[Record, DeadLetter]]]:
    """Yield the selected dead letters in batches; those of a partition are in order."""
    topics = wanted.topics()
    existing = await KafkaInspector(settings).topics()
    topics = [each for each in topics if each in existing]
    if not topics:
        return
    reader = KafkaReader(settings, topics)
    await reader.start()
    try:
        async for fetched in reader.until_end():
            yield list(_read(fetched, wanted))
    finally:
        await reader.stop()


def _read(records: Sequence[Record], wanted: Wanted) -> Iterator[tuple[Record, DeadLetter]]:
    for record in records:
        try:
            letter = read_dead_letter(record)
        except RejectedError:
            continue  # a record of somebody else is not ours to list or to send
        if wanted.includes(record, letter):
            yield record, letter
