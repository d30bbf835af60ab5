"""Finder of records between two offsets of a partition, without joining the group that reads it."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import started, translated
from shared.bus.kafka.finding import finding_client, first_at
from shared.bus.kafka.stop import stop_consumer
from shared.bus.port import LostRecordsError
from shared.bus.positions import Log, Position
from shared.bus.record import Partition
from shared.settings import KafkaSettings


class KafkaFinder:
    """Client without a group that finds the next record of a partition.

    Not each offset holds one: a transaction's end takes one, aborted and compacted records leave theirs.
    """

    def __init__(self, settings: KafkaSettings, *, group: str) -> None:
        self._settings = settings
        self._group = group
        self._client: AIOKafkaConsumer | None = None
        self._asking = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        client = finding_client(self._settings)
        self._client = await started(self._settings, client, "finding records")

    async def next_record(self, partition: Partition, offset: int) -> int:
        """Return the offset of the first committed record at or after this one.

        Where there is none, the offset up to which all is decided: before it is no record, and behind it
        nothing but open transactions. Raises RetryableError when the broker doesn't answer in time,
        LostRecordsError when what was there is deleted.
        """
        place = TopicPartition(*partition)
        with translated(f"finding the record after {offset} of {partition}"):
            async with self._asking:
                found, _ = await first_at(self._started, place, offset)
                if found > offset:
                    [begin] = (await self._started.beginning_offsets([place])).values()
                    self._refuse_lost(partition, offset, begin)
                return found

    async def stop(self) -> None:
        """Close."""
        if self._client is not None:
            await stop_consumer(self._client)

    def _refuse_lost(self, partition: Partition, offset: int, begin: int) -> None:
        log = Log(begin, end=max(begin, offset))
        if lost := LostRecordsError.of(partition, Position(offset), log, group=self._group):
            raise lost

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        return self._client
