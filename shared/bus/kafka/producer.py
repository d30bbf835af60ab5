"""Kafka producers with idempotent writes, with and without transactions."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka_errors

from shared.bus.kafka.client import (
    RECORD_MAX_BYTES,
    TOO_LARGE,
    connecting,
    connection,
    to_commit,
    translated,
)
from shared.bus.kafka.stop import stop_producer
from shared.bus.port import RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.record import Outgoing, Partition, Place
from shared.errors import RetryableError
from shared.settings import KafkaSettings

_LINGER_MS = 5
_BATCH_MAX_BYTES = 256 * 1024
_TRANSACTION_TIMEOUT_MS = 30_000
"""After this long the broker aborts a transaction whose owner is gone; until then its readers wait."""

_ANSWER_TIMEOUT_S = 20.0
"""Bound of one call, as aiokafka itself has none; shorter than a transaction and a rebalance may take."""

_PING_WITHIN_S = 5.0
_RECORD_OVERHEAD_BYTES = 1024
_SEQUENCE_BROKEN = (
    kafka_errors.OutOfOrderSequenceNumber,
    kafka_errors.UnknownProducerId,
    kafka_errors.ProducerClosed,
)


class KafkaProducer:
    """Producer with idempotent, compressed writes that all in-sync replicas acknowledge."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client: AIOKafkaProducer | None = None
        self._is_broken = False
        """True after the broker refused a record: it took no sequence number for it, but aiokafka did."""
        self._replacing = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises RetryableError when the broker can't be reached."""
        self._client = await _started(self._settings)

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Return the place of each record once all are acknowledged; order is kept per key.

        Raises RecordTooLargeError when one is too large for any broker, or for its topic; RetryableError also
        for records that were under way when the broker refused one.
        """
        with translated("publishing"):
            client = await self._unbroken()
            try:
                return await _send(client, records, on_refusal=partial(self._note_refusal, client))
            except _SEQUENCE_BROKEN as error:
                if client is self._client and not self._is_broken:
                    raise
                raise RetryableError(f"publishing: {error!r}, behind a refused record") from error

    async def _unbroken(self) -> AIOKafkaProducer:
        """Return the client; after a refusal a new one, with sequence numbers of its own."""
        if self._client is None:
            raise RuntimeError("start() comes first")
        async with self._replacing:
            if self._is_broken:
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    await stop_producer(self._client)
                self._client = await _started(self._settings)
                self._is_broken = False
        return self._client

    async def ping(self) -> None:
        """Return when a broker answers. Raises RetryableError when none does in time."""
        if self._client is None:
            raise RuntimeError("start() comes first")
        with translated("asking whether Kafka is there"):
            async with asyncio.timeout(_PING_WITHIN_S):
                await self._client.client.fetch_all_metadata()

    def _note_refusal(self, client: AIOKafkaProducer) -> None:
        self._is_broken = self._is_broken or client is self._client

    async def stop(self) -> None:
        """Flush and close."""
        if self._client is not None:
            await stop_producer(self._client)


class KafkaTransactions:
    """Producer with one transactional id, which has one owner at a time."""

    def __init__(self, settings: KafkaSettings, transactional_id: str) -> None:
        self._settings = settings
        self._id = transactional_id
        self._client: AIOKafkaProducer | None = None
        self._is_open = False

    async def start(self) -> None:
        """Connect, abort the open transaction of a former owner, and fence that owner.

        Raises RetryableError when the broker doesn't answer in time.
        """
        self._client = await _started(
            self._settings, transactional_id=self._id, transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS
        )

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Return when every record is acknowledged in the open transaction.

        Raises RecordTooLargeError when one is too large for any broker, before any is sent; ClientBrokenError
        when another owner came; RetryableError when the broker doesn't answer in time.
        """
        _refuse_too_large(records)
        with translated(f"publishing as {self._id}"):
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await _send(await self._opened(), records)

    async def commit(self, positions: Mapping[Partition, Position], *, group: str) -> None:
        """Commit the transaction: its records become visible, and the positions are stored with them.

        Raises ClientBrokenError when another owner came, RetryableError when the broker doesn't answer.
        """
        with translated(f"committing as {self._id}"):
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                client = await self._opened()
                await client.send_offsets_to_transaction(to_commit(positions), group)
                await client.commit_transaction()
        self._is_open = False

    async def stop(self) -> None:
        """Close. The broker aborts an open transaction when the next owner comes, or after its time-out."""
        if self._client is not None:
            await stop_producer(self._client)

    async def _opened(self) -> AIOKafkaProducer:
        if self._client is None:
            raise RuntimeError("start() comes first")
        if not self._is_open:
            await self._client.begin_transaction()
            self._is_open = True
        return self._client


async def _started(settings: KafkaSettings, **more: Any) -> AIOKafkaProducer:
    client = AIOKafkaProducer(
        **connection(settings),
        enable_idempotence=True,
        acks="all",
        compression_type=None if settings.compression == "none" else settings.compression,
        linger_ms=_LINGER_MS,
        max_batch_size=_BATCH_MAX_BYTES,
        max_request_size=RECORD_MAX_BYTES,
        metadata_max_age_ms=10_000,
        **more,
    )
    async with connecting(settings, "connecting a producer"):
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await client.start()
        except BaseException:
            await stop_producer(client)
            raise
    return client


async def _send(
    client: AIOKafkaProducer, records: Sequence[Outgoing], *, on_refusal: Callable[[], None] = lambda: None
) -> list[Place]:
    """Return the place of each record once all are acknowledged. Raises an error once all are answered.

    `on_refusal` is called as soon as the broker refuses a record for its size: the next batch for that
    partition is then refused for its sequence number.
    """
    acknowledgements: list[asyncio.Future[Any]] = []
    try:
        for record in records:
            headers = list(record.headers)
            sending = client.send(record.topic, key=record.key, value=record.value, headers=headers)
            acknowledgements.append(await sending)
    except TOO_LARGE:  # for any broker; those before it are on their way
        await _failure(acknowledgements, wait_for=asyncio.ALL_COMPLETED)
        raise
    if len(acknowledgements) == 1:
        return [await _acknowledged(acknowledgements[0], on_refusal)]
    failure = await _failure(acknowledgements, wait_for=asyncio.FIRST_EXCEPTION)
    if failure is None:
        return [_place(each.result()) for each in acknowledgements]
    if isinstance(failure, TOO_LARGE):
        on_refusal()
    # All of them, also after a failure: a late one must not land behind a second attempt.
    raise await _failure(acknowledgements, wait_for=asyncio.ALL_COMPLETED) or failure


async def _acknowledged(acknowledgement: asyncio.Future[Any], on_refusal: Callable[[], None]) -> Place:
    """Return the place of the only record of a call, without the 30 us that waiting for several takes."""
    try:
        return _place(await acknowledgement)
    except TOO_LARGE:
        on_refusal()
        raise


def _place(written: Any) -> Place:
    return Place(Partition(written.topic, written.partition), written.offset)


async def _failure(acknowledgements: Sequence[asyncio.Future[Any]], *, wait_for: str) -> BaseException | None:
    """Return the first error of the answers that are there, a refusal before any other."""
    if acknowledgements:
        try:
            await asyncio.wait(acknowledgements, return_when=wait_for)
        except asyncio.CancelledError:
            for each in acknowledgements:
                each.cancel()  # else each that fails later writes a line to the log
            raise
    failures = [
        failure for each in acknowledgements if each.done() and (failure := each.exception()) is not None
    ]
    refusals = [failure for failure in failures if isinstance(failure, TOO_LARGE)]
    return next(iter(refusals or failures), None)


def _refuse_too_large(records: Sequence[Outgoing]) -> None:
    for record in records:
        if record.size_bytes > RECORD_MAX_BYTES - _RECORD_OVERHEAD_BYTES:
            raise RecordTooLargeError(f"{record.size_bytes:,} bytes for {record.topic}")
