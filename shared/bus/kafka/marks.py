"""Marks: offsets that a person's command commits for a group without members."""

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from shared.bus.kafka.client import connecting, connection, started, translated
from shared.bus.kafka.stop import stop_consumer
from shared.bus.record import Partition
from shared.settings import KafkaSettings


class Mark(NamedTuple):
    """A committed offset, and the text that is kept beside it."""

    offset: int
    text: str = ""


class KafkaMarks:
    """The committed offsets of groups, by name; a context in which they can be moved."""

    def __init__(self, settings: KafkaSettings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._client: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises RetryableError when the broker can't be reached."""
        client = AIOKafkaConsumer(
            **connection(self._settings), group_id=self._group, enable_auto_commit=False
        )
        self._client = await started(self._settings, client, f"moving {self._group}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        if self._client is not None:
            await stop_consumer(self._client)

    async def move(self, marks: Mapping[Partition, Mark]) -> None:
        """Commit a mark for each of these partitions."""
        if self._client is None:
            raise RuntimeError("a context comes first")
        places = {TopicPartition(*partition): OffsetAndMetadata(*mark) for partition, mark in marks.items()}
        with translated(f"moving {self._group}"):
            self._client.assign(list(places))
            await self._client.commit(places)


async def marks(
    settings: KafkaSettings, groups: Iterable[str], partitions: Iterable[Partition]
) -> dict[str, Mapping[Partition, Mark]]:
    """Return the marks of each group in these partitions; those without one are left out."""
    places = [TopicPartition(*partition) for partition in partitions]
    async with connecting(settings, "asking how far letters were replayed"):
        admin = AIOKafkaAdminClient(**connection(settings))
        try:
            await admin.start()
            return {group: await _committed(admin, group, places) for group in groups} if places else {}
        finally:
            await admin.close()


async def _committed(
    admin: AIOKafkaAdminClient, group: str, places: list[TopicPartition]
) -> Mapping[Partition, Mark]:
    found = await admin.list_consumer_group_offsets(group, partitions=places)
    return {Partition(*place): Mark(at.offset, at.metadata) for place, at in found.items() if at.offset >= 0}
