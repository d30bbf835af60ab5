"""Records that aiokafka can't parse come with a flaw, and their neighbours as they are."""

import struct

import pytest
from aiokafka import TopicPartition
from aiokafka import errors as kafka_errors
from aiokafka.consumer import fetcher
from aiokafka.record.util import calc_crc32c

from shared.bus.kafka.client import to_record
from shared.bus.record import Record
from tests.support.raw_batches import LATIN1_NAME, RawRecord, batch

GZIP = 1
CRC_AT = 17
CHECKED_FROM = 21
RECORDS_FROM = 61


def fetched(raw: bytes, *, at_offset: int = 0) -> list[Record]:
    """Return the records as a consumer of aiokafka hands them out."""
    place = TopicPartition("topic", 0)
    batches = fetcher.MemoryRecords(raw)
    messages = fetcher.PartitionRecords(
        place, batches, None, at_offset, None, None, True, fetcher.READ_COMMITTED
    )
    return [to_record(message) for message in messages]


def broken(raw: bytes, at: int) -> bytes:
    """Return the batch with one byte changed and a right checksum, as a faulty producer writes it."""
    changed = bytearray(raw)
    changed[at] ^= 0xFF
    struct.pack_into(">I", changed, CRC_AT, calc_crc32c(bytes(changed[CHECKED_FROM:])))
    return bytes(changed)


@pytest.mark.parametrize("compression", [0, GZIP])
def test_a_header_name_that_is_not_utf8_is_a_flaw_of_its_record_alone(compression: int) -> None:
    records = [RawRecord(b"a"), RawRecord(b"b", [b"good", LATIN1_NAME]), RawRecord(b"c", [b"h\xc3\xa9"])]

    before, bad, after = fetched(batch(records, compression=compression))

    assert (before.value, before.flaw) == (b"a", None)
    assert (after.value, after.headers, after.flaw) == (b"c", (("hé", b"1"),), None)
    assert (bad.key, bad.value, bad.offset) == (b"key", b"b", 1)
    assert bad.flaw is not None
    assert bad.flaw.reason == "header_not_utf8"
    assert str(bad.flaw) == "a header name is not UTF-8: 78 2d 63 61 66 e9"


def test_each_header_name_of_such_a_record_can_be_written_again() -> None:
    [bad] = fetched(batch([RawRecord(b"a", [LATIN1_NAME, b"good"])]))

    assert bad.headers == (("x-caf\\xe9", b"1"), ("good", b"1"))
    assert [name.encode() for name, _ in bad.headers] == [b"x-caf\\xe9", b"good"]


def test_reading_goes_on_in_the_middle_of_a_batch_with_such_a_record() -> None:
    raw = batch([RawRecord(b"a"), RawRecord(b"b", [LATIN1_NAME]), RawRecord(b"c")])

    found = fetched(raw, at_offset=2)

    assert [record.value for record in found] == [b"c"]


@pytest.mark.parametrize("compression", [0, GZIP])
def test_a_batch_without_structure_is_one_record_that_holds_its_bytes(compression: int) -> None:
    raw = broken(batch([RawRecord(b"a"), RawRecord(b"b")], compression=compression), RECORDS_FROM)
    whole = batch([RawRecord(b"c")])

    bad, good = fetched(raw + whole_at(whole, 2))

    assert bad.flaw is not None
    assert bad.flaw.reason == "record_unparsable"
    assert str(bad.flaw).startswith("offsets 0 to 1 have no structure that can be parsed")
    assert (bad.offset, bad.value) == (0, raw)
    assert (good.offset, good.value) == (2, b"c")


def test_the_records_before_a_broken_one_of_its_batch_are_handed_out() -> None:
    first, second = RawRecord(b"a" * 100), RawRecord(b"b" * 100)
    raw = batch([first, second])
    length_at = raw.rindex(b"b" * 100) - len(b"key") - 7
    assert fetched(raw)[1].value == b"b" * 100

    good, bad = fetched(broken(raw, length_at))

    assert good.value == b"a" * 100
    assert bad.flaw is not None
    assert str(bad.flaw).startswith("offsets 1 to 1 ")


def test_a_wrong_checksum_still_asks_for_another_fetch() -> None:
    raw = bytearray(batch([RawRecord(b"a")]))
    raw[-2] ^= 0xFF

    with pytest.raises(kafka_errors.CorruptRecordException, match="Invalid CRC"):
        fetched(bytes(raw))


def whole_at(raw: bytes, base_offset: int) -> bytes:
    """Return the batch as the broker stores it at this offset, which the checksum leaves out."""
    return struct.pack(">q", base_offset) + raw[8:]
