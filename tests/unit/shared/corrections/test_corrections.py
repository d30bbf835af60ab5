"""Corrections as read from their topics, and their export."""

import csv
import io
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from shared.bus.record import Partition, Record
from shared.corrections.book import Book
from shared.corrections.export import COLUMNS, csv_lines, json_lines
from shared.events import Lane, SupportMessageCorrected
from shared.events.codec import encode
from shared.events.headers import new_trace
from tests.support.results import said

ONE, OTHER = UUID(int=1), UUID(int=2)


def a_correction(
    cause_id: UUID = ONE, *, intent: str = "a", corrected_by: str | None = "Ada", text: str = "Help"
) -> SupportMessageCorrected:
    return SupportMessageCorrected(
        event_id=uuid4(),
        occurred_at=datetime(2026, 3, 4, tzinfo=UTC),
        cause_id=cause_id,
        corrected_by=corrected_by,
        message_id=uuid4(),
        conversation_id="c-1",
        text=text,
        predicted=said("b"),
        routed_lane=Lane.HUMAN,
        intent=intent,
        lane=Lane.AUTO,
    )


def a_record(correction: SupportMessageCorrected, value: bytes | None = None) -> Record:
    topic, key, whole, headers = encode(correction, source="/test", trace=new_trace())
    return Record(Partition(topic, 0), 0, key, whole if value is None else value, headers, 0)


def test_the_newest_correction_of_a_result_counts() -> None:
    book, newest = Book(), a_correction(intent="b")

    for each in (a_correction(), a_correction(OTHER), newest):
        book.note(a_record(each))

    assert book.newest(ONE) == newest
    assert [each.cause_id for each in book.all()] == [OTHER, ONE]


def test_a_correction_without_a_name_never_trains() -> None:
    book = Book()
    book.add(a_correction(corrected_by=None))

    assert list(book.all(for_training=True)) == []
    assert len(list(book.all())) == 1


@pytest.mark.parametrize("value", [b"", b"no json", b"{}"])
def test_a_record_that_is_no_correction_is_passed_over(value: bytes) -> None:
    book = Book()

    book.note(a_record(a_correction(), value))

    assert list(book.all()) == []


def test_each_line_of_json_is_an_event_with_its_name() -> None:
    correction = a_correction(text="two\nlines")

    [line] = json_lines([correction])

    told = json.loads(line)
    assert line.count("\n") == 1
    assert told.pop("type") == SupportMessageCorrected.name
    assert SupportMessageCorrected.model_validate(told) == correction


def test_a_table_has_a_line_for_each_corrected_field_and_computes_nothing() -> None:
    lines = "".join(csv_lines([a_correction(text='=HYPERLINK("x")')]))

    head, *rows = csv.reader(io.StringIO(lines))
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert tuple(head) == COLUMNS
    assert [(row["field"], row["predicted"], row["right"]) for row in told] == [
        ("intent", "b", "a"),
        ("lane", "human", "auto"),
    ]
    assert told[0]["text"] == '\'=HYPERLINK("x")'
