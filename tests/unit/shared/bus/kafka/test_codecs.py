"""Compression of written batches."""

import gzip
import zlib

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

import shared.bus.kafka

RECORDS_FROM = 61
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
VALUES = [b'{"label": "card_arrival", "confidence": 0.9%03d}' % number for number in range(100)]


def built(codec: str) -> bytes:
    """Return a batch as a producer of aiokafka builds it."""
    assert shared.bus.kafka
    builder = DefaultRecordBatchBuilder(2, CODECS[codec], 0, -1, -1, -1, 1_000_000)
    for offset, value in enumerate(VALUES):
        builder.append(offset, 0, None, value, [])
    return bytes(builder.build())


@pytest.mark.parametrize("codec", CODECS)
def test_each_codec_of_the_setting_is_installed_and_read_back(codec: str) -> None:
    raw = built(codec)

    batch = MemoryRecords(raw).next_batch()

    assert batch is not None
    assert [record.value for record in batch] == VALUES


def test_gzip_is_written_at_level_1() -> None:
    records = built("gzip")[RECORDS_FROM:]

    payload = gzip.decompress(records)

    assert records == zlib.compress(payload, level=1, wbits=31)
    assert records != zlib.compress(payload, level=9, wbits=31)
