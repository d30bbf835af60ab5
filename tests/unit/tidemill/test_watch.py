"""`tidemill watch`: which records are the newest, and how a record is printed as JSON."""

import json

import pytest

from shared.bus.record import Partition, Record
from tidemill.commands.watch import json_line
from tidemill.follow import newest

RAISED, RESOLVED = "sentiment.alert_raised.v1", "sentiment.alert_resolved.v1"


def a_record(at_ms: int, topic: str = RAISED, value: bytes | None = b"{}") -> Record:
    return Record(Partition(topic, at_ms % 3), at_ms, None, value, (), at_ms)


def test_the_newest_records_of_several_partitions_come_in_the_order_of_their_times() -> None:
    records = [a_record(at_ms) for at_ms in (5, 1, 4, 2, 3)]

    assert [record.timestamp_ms for record in newest(records, 3)] == [3, 4, 5]


def test_all_records_are_the_newest_when_more_are_asked_for() -> None:
    assert [record.timestamp_ms for record in newest([a_record(2), a_record(1)], 9)] == [1, 2]


def test_the_value_is_printed_as_it_was_sent_where_the_name_stands_for_one_topic() -> None:
    assert json_line(a_record(0, value=b'{"b": 1,\n "a": 1.50}'), with_type=False) == '{"b": 1,  "a": 1.50}'


def test_the_type_tells_apart_events_of_equal_fields_where_the_name_stands_for_several_topics() -> None:
    said = json.loads(json_line(a_record(0, RESOLVED, b'{"company": "\xc3\x84cme"}'), with_type=True))

    assert said == {"ce_type": RESOLVED, "company": "Äcme"}


@pytest.mark.parametrize(
    ("value", "said"), [(None, "null"), (b"no json", "no json"), (b"[1]", "[1]"), (b"\xff", "\ufffd")]
)
def test_what_is_no_object_is_printed_as_it_is(value: bytes | None, said: str) -> None:
    assert json_line(a_record(0, value=value), with_type=True) == said
