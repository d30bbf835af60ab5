"""Batches of records as a producer in another language may write them; aiokafka's own refuses to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from shared.bus.record import Partition

LATIN1_NAME = b"x-caf\xe9"
_NOW_MS = 1_764_500_000_000


class RawName(str):  # noqa: SLOT000 - it has an attribute
    """A header name that is written as these bytes, whatever they are."""

    raw: bytes

    def __new__(cls, raw: bytes) -> Self:
        """Return the name of these bytes."""
        name = super().__new__(cls, "raw")
        name.raw = raw
        return name

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the bytes."""
        del encoding, errors
        return self.raw


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record to write."""

    value: bytes
    header_names: Sequence[bytes] = ()
    key: bytes | None = b"key"


def batch(records: Sequence[RawRecord], *, compression: int = 0) -> bytes:
    """Return one batch with a right checksum; compression 1 is gzip."""
    builder = _DefaultRecordBatchBuilderPy(
        magic=2,
        compression_type=compression,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1_000_000,
    )
    for offset, record in enumerate(records):
        headers: list[tuple[Any, bytes | None]] = [(RawName(name), b"1") for name in record.header_names]
        builder.append(offset, _NOW_MS + offset, record.key, record.value, headers)
    return bytes(builder.build())


async def write(bootstrap: str, partition: Partition, raw: bytes) -> None:
    """Write a batch to an existing topic, past every check of a producer."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        await client.add_topic(partition.topic)
        await client.force_metadata_update()
        leader = client.cluster.leader_for_partition(TopicPartition(*partition))
        request = ProduceRequest(None, -1, 10_000, [(partition.topic, [(partition.number, raw)])])
        answer = await client.send(leader, request)
        assert [error for _, [(_, error, *_)] in answer.topics] == [0]
    finally:
        await client.close()
