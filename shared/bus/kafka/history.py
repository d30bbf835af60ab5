"""Reader of parts of topics: by offset, or from a time on, without a group."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.bus.kafka.client import RECORD_MAX_BYTES, connection, started, to_record, translated
from shared.bus.kafka.finding import finding_client, first_since
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.reader import FETCH_MAX_RECORDS
from shared.bus.kafka.stop import stop_consumer
from shared.bus.record import Partition, Record
from shared.settings import KafkaSettings

Spans = Mapping[Partition, range]
"""Offsets of each partition, without gaps."""

_FETCH_WAIT_MS = 100


class KafkaHistory:
    """Reads parts of partitions; a context, and no two reads at once."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client = AIOKafkaConsumer(
            **connection(settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=RECORD_MAX_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )

    async def __aenter__(self) -> Self:
        """Connect. Raises RetryableError when the broker can't be reached."""
        await started(self._settings, self._client, "reading")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await stop_consumer(self._client)

    async def spans(self, topics: Iterable[str]) -> dict[Partition, range]:
        """Return the offsets that each partition of those of `topics` that exist has now."""
        partitions = sorted(await KafkaInspector(self._settings).partitions(topics))
        if not partitions:
            return {}
        places = [TopicPartition(*partition) for partition in partitions]
        with translated("asking how far topics reach"):
            begins = await self._client.beginning_offsets(places)
            ends = await self._client.end_offsets(places)
        return {Partition(*place): range(begins[place], ends[place]) for place in places}

    async def since(self, spans: Spans, time_ms: int) -> dict[Partition, range]:
        """Return the parts of `spans` from the first record on that has a timestamp of `time_ms` or later."""
        places = {TopicPartition(*partition): time_ms for partition in spans}
        with translated("searching by time"):
            answers = await self._client.offsets_for_times(places) if places else {}
            found = {Partition(*place): at.offset for place, at in answers.items() if at is not None}
            found |= await self._bisected({each: spans[each] for each in spans if each not in found}, time_ms)
        return {
            partition: range(max(span.start, min(span.stop, found[partition])), span.stop)
            for partition, span in spans.items()
        }

    async def read(self, spans: Spans) -> AsyncGenerator[list[Record]]:
        """Yield the records of these parts, some at a time; those of a partition are in order.

        What is deleted meanwhile is left out.
        """
        left = {TopicPartition(*partition): span for partition, span in spans.items() if span}
        self._client.assign(list(left))
        for place, span in left.items():
            self._client.seek(place, span.start)
        while left:
            with translated("fetching"):
                fetched = await self._client.getmany(
                    *left, timeout_ms=_FETCH_WAIT_MS, max_records=FETCH_MAX_RECORDS
                )
                records = [
                    to_record(each)
                    for place, messages in fetched.items()
                    for each in messages
                    if each.offset < left[place].stop
                ]
                done = [
                    place for place, span in left.items() if await self._client.position(place) >= span.stop
                ]
            for place in done:
                self._client.pause(place)
                del left[place]
            if records:
                yield records

    async def _bisected(self, spans: Spans, time_ms: int) -> dict[Partition, int]:
        """Return where to begin, for the partitions of which the broker doesn't know it."""
        if not any(spans.values()):
            return {partition: span.stop for partition, span in spans.items()}
        client = finding_client(self._settings)
        try:
            await client.start()
            return {
                partition: await first_since(client, TopicPartition(*partition), span, time_ms)
                for partition, span in spans.items()
            }
        finally:
            await stop_consumer(client)
