"""Search for an answer in Kafka, by the place of its input alone."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Final
from uuid import UUID

from services.gateway.results.answers import Answer, Refusal, Result, cause_of, input_of, parsed
from services.gateway.results.links import Receipt
from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka.lookup import KafkaLookup, partition_of
from shared.bus.record import Partition, Place, Record
from shared.catalogue import SERVICES, Service
from shared.errors import RejectedError, TidemillError
from shared.events import BY_NAME, DEAD_SUFFIX

MAX_RECORDS: Final = 2_000_000
"""Records of one topic that a search reads at most; a result lies close behind its input."""

_SKEW_MS: Final = 5_000
"""Clocks of two machines may differ by so much: a result can look older than its input."""

_ANSWERING: Final = {service.answers.name: service for service in SERVICES if service.answers}


class GoneError(TidemillError):
    """The record of the input, or its result, was deleted."""


class Search:
    """Follows an input through the services that answer it: from its record to its last result."""

    def __init__(self, lookup: KafkaLookup) -> None:
        self._lookup = lookup

    async def answer(self, receipt: Receipt) -> Answer:
        """Return the answer as far as it is on the topics.

        Raises GoneError when the input, or a result that it had, was deleted; RetryableError when Kafka is
        away.
        """
        record = await self._lookup.record_at(receipt.place)
        if record is None or input_of(record.value, record.headers) != receipt.event_id:
            raise GoneError(f"the record of {receipt.event_id}")
        answer = Answer()
        while service := _ANSWERING.get(record.partition.topic):
            committed = await self._lookup.committed(service.group, record.partition)
            if committed <= record.offset:
                break
            part, following = await self._next(service, record, receipt.event_id)
            answer = answer.plus(part)
            if following is None:
                break
            record = following
        return answer

    async def _next(
        self, service: Service, record: Record, event_id: UUID
    ) -> tuple[Refusal, None] | tuple[Result, Record]:
        """Return what a service has made of a record that it has finished."""
        if refusal := await self._refusal(record):
            return refusal, None
        result = await self._result(service, record, event_id)
        return Result(result.partition.topic, result.value or b""), result

    async def _refusal(self, record: Record) -> Refusal | None:
        """Return the reason of a record's dead letter; None where it has none."""
        wanted = Place(record.partition, record.offset)
        for partition in await self._lookup.partitions([record.partition.topic + DEAD_SUFFIX]):
            async with aclosing(self._since(partition, record)) as found:
                async for each in found:
                    try:
                        letter = read_dead_letter(each)
                    except RejectedError:
                        continue  # a record of somebody else
                    if Place(letter.original, letter.original_offset) == wanted:
                        return Refusal(letter.reason, letter.message)
        return None

    async def _result(self, service: Service, record: Record, event_id: UUID) -> Record:
        """Return the record of a service's result. Raises GoneError when it is not there any more."""
        for partition in await self._places(service, record):
            async with aclosing(self._since(partition, record)) as found:
                async for each in found:
                    if str(event_id).encode() in (each.value or b"") and _answers(each, event_id):
                        return each
        raise GoneError(f"the result of {event_id}")

    async def _places(self, service: Service, record: Record) -> Iterable[Partition]:
        """Return the partitions that the result of a record can be in: one for each topic of the service."""
        body = parsed(record.value)
        places = []
        for topic in service.output_topics:
            key = str(body.get(BY_NAME[topic].key_field, "")).encode()
            if partitions := await self._lookup.partitions([topic]):
                places.append(partition_of(key, partitions))
        return places

    async def _since(self, partition: Partition, record: Record) -> AsyncGenerator[Record]:
        count = 0
        async with aclosing(self._lookup.since(partition, max(0, record.timestamp_ms - _SKEW_MS))) as chunks:
            async for chunk in chunks:
                for each in chunk:
                    yield each
                count += len(chunk)
                if count >= MAX_RECORDS:
                    return


def _answers(record: Record, event_id: UUID) -> bool:
    return cause_of(record.partition.topic, parsed(record.value)) == event_id
