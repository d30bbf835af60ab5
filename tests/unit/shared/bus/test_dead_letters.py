"""Dead letters, and when there are too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.dead_letters import (
    ATTEMPT_HEADER,
    DeadLetterFloodError,
    FloodGuard,
    ValueLeftOutError,
    dead_letter,
    read_dead_letter,
    shortened,
)
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.reasons import Reason

_headers = st.lists(
    st.tuples(st.sampled_from(["traceparent", "ce_id", "tidemill-reason", ""]), st.none() | st.binary()),
    max_size=4,
).map(tuple)
_records = st.builds(
    Record,
    partition=st.builds(Partition, st.sampled_from(["a", "b.v1"]), st.integers(0, 99)),
    offset=st.integers(0, 2**40),
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    headers=_headers,
    timestamp_ms=st.integers(0, 2**40),
)


NO = RejectedError(Reason.NOT_JSON, "no")
FIRST_ATTEMPT = (ATTEMPT_HEADER, b"1")


def read(outgoing: Outgoing) -> Record:
    """Return a record as a reader of its topic gets it."""
    return Record(Partition(outgoing.topic, 0), 0, outgoing.key, outgoing.value, outgoing.headers, 0)


def record(value: bytes | None = b"x") -> Record:
    """Return a plain record."""
    return Record(Partition("in", 3), 7, b"key", value, (("traceparent", b"broken"),), 1)


@given(original=_records, message=st.text())
def test_a_replay_is_the_record_that_died(original: Record, message: str) -> None:
    written = dead_letter(original, RejectedError(Reason.NOT_JSON, message), group="g")

    letter = read_dead_letter(read(written))

    assert written.topic == f"{original.partition.topic}.dead"
    assert letter.replay() == Outgoing(
        original.partition.topic, original.key, original.value, (*original.headers, FIRST_ATTEMPT)
    )
    assert (letter.original, letter.original_offset) == (original.partition, original.offset)
    assert (letter.reason, letter.message) == ("not_json", message)


@given(original=_records)
def test_a_dead_letter_that_dies_again_is_replayed_as_the_dead_letter(original: Record) -> None:
    first = read(dead_letter(original, RejectedError(Reason.NOT_JSON, "no"), group="g"))
    second = read(dead_letter(first, RejectedError(Reason.WRONG_SHAPE, "no"), group="h"))

    letter = read_dead_letter(second)

    assert letter.reason == "wrong_shape"
    assert letter.replay().headers == (*first.headers, FIRST_ATTEMPT)


def test_a_message_that_is_no_unicode_kills_nothing() -> None:
    written = dead_letter(record(), RejectedError(Reason.WRONG_SHAPE, "half \ud800"), group="g")

    assert read_dead_letter(read(written)).message == "half ?"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("tidemill-reason", b"not_json"),),
        (("kafka_dlt-original-topic", None),),
        (("kafka_dlt-original-topic", b"\xff"),),
        (("kafka_dlt-original-topic", b"in"), ("kafka_dlt-original-partition", b"many")),
    ],
)
def test_what_is_no_dead_letter_is_refused(headers: tuple[tuple[str, bytes | None], ...]) -> None:
    with pytest.raises(RejectedError, match="not a dead letter"):
        read_dead_letter(Record(Partition("in.dead", 0), 0, None, b"", headers, 0))


def test_a_letter_is_shortened_first_by_its_value_then_by_its_key_and_headers() -> None:
    whole = dead_letter(record(bytes(600_000)), NO, group="g")

    shorter = shortened(whole)
    assert shorter is not None
    shortest = shortened(shorter)
    assert shortest is not None

    assert (shorter.value, shorter.key) == (None, b"key")
    assert ("traceparent", b"broken") in shorter.headers
    assert (shortest.value, shortest.key) == (None, None)
    assert ("traceparent", b"broken") not in shortest.headers
    assert shortened(shortest) is None


@pytest.mark.parametrize("times", [1, 2])
def test_a_shortened_letter_says_where_the_original_is_and_is_not_replayed(times: int) -> None:
    written: Outgoing | None = dead_letter(record(), NO, group="g")
    for _ in range(times):
        written = written and shortened(written)
    assert written is not None

    letter = read_dead_letter(read(written))

    assert (letter.original, letter.original_offset, letter.reason) == (Partition("in", 3), 7, "not_json")
    with pytest.raises(ValueLeftOutError, match="offset 7"):
        letter.replay()


def test_a_letter_without_value_key_and_headers_can_not_be_shortened() -> None:
    bare = Record(Partition("in", 3), 7, None, None, (), 1)

    assert shortened(dead_letter(bare, NO, group="g")) is None


def test_a_flood_of_dead_letters_stops_the_stream() -> None:
    guard = FloodGuard(max_share=0.05, min_count=10)
    guard.note(0.0, records=100, dead=9)

    with pytest.raises(DeadLetterFloodError, match="10 dead letters"):
        guard.note(1.0, records=1, dead=1)


def test_many_dead_letters_among_very_many_records_stop_nothing() -> None:
    guard = FloodGuard(max_share=0.05, min_count=10)

    for second in range(59):
        guard.note(float(second), records=1000, dead=50)


def test_dead_letters_of_another_minute_do_not_count() -> None:
    guard = FloodGuard(max_share=0.05, min_count=10)

    for minute in range(10):
        guard.note(minute * 61.0, records=9, dead=9)


def test_a_good_record_never_stops_the_stream() -> None:
    guard = FloodGuard(max_share=0.4, min_count=1)
    guard.note(0.0, records=100, dead=0)
    guard.note(30.0, records=10, dead=5)

    guard.note(70.0, records=1, dead=0)
