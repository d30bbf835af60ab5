"""Rows of a file become the events that they mean, or say why they can't."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ConfigError, RejectedError
from shared.events import Channel, CustomerMessageReceived, ImageReceived, NewsArticlePublished
from tidemill.reading.found import Found
from tidemill.reading.times import time_zone
from tidemill.rows import Mapper, event_type

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def a_mapper(**columns: str) -> Mapper:
    return Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, columns=columns)


def a_row(row: Mapping[str, object], number: int) -> Found:
    """Return row `number` of a CSV file, whose header is its line 1."""
    return Found(number, f"a.csv line {number + 1}", row)


def test_a_text_is_all_that_a_message_needs() -> None:
    event = a_mapper().event(a_row({"text": "Where is my card?", "mood": "sunny"}, 7))

    assert isinstance(event, CustomerMessageReceived)
    assert (event.text, event.conversation_id, event.channel) == (
        "Where is my card?",
        "a.csv:7",
        Channel.CHAT,
    )
    assert event.occurred_at == NOW


def test_the_same_row_of_the_same_file_always_gets_the_same_id() -> None:
    later = Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW + timedelta(days=1))

    first, again = (mapper.event(a_row({"text": "one"}, 7)) for mapper in (a_mapper(), later))

    assert first.event_id == again.event_id


def test_rows_of_other_files_places_and_contents_get_other_ids() -> None:
    other_file = Mapper(to=CustomerMessageReceived, source="b.csv", clock=lambda: NOW)
    row = {"text": "Hello"}

    ids = {a_mapper().event(a_row(row, 1)).event_id, a_mapper().event(a_row(row, 2)).event_id}
    ids.add(other_file.event(a_row(row, 1)).event_id)
    ids.add(a_mapper().event(a_row({"text": "Hello again"}, 1)).event_id)

    assert len(ids) == 4


def test_a_name_of_any_length_can_be_a_source() -> None:
    longest = Mapper(to=CustomerMessageReceived, source="n" * 255, clock=lambda: NOW)

    assert isinstance(longest.event(a_row({"text": "Hello"}, 10**9)), CustomerMessageReceived)


def test_a_column_can_be_renamed() -> None:
    event = a_mapper(text="review").event(a_row({"review": "Fine.", "text": "ignored"}, 1))

    assert isinstance(event, CustomerMessageReceived)
    assert event.text == "Fine."


def test_an_empty_cell_means_the_default() -> None:
    event = a_mapper().event(a_row({"text": "Hello", "channel": "", "conversation_id": ""}, 3))

    assert isinstance(event, CustomerMessageReceived)
    assert (event.channel, event.conversation_id) == (Channel.CHAT, "a.csv:3")


def test_a_constant_stands_in_every_row_whatever_its_columns_say() -> None:
    reviews = Mapper(
        to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, constants={"channel": "review"}
    )

    event = reviews.event(a_row({"text": "Fine.", "channel": "chat"}, 1))

    assert isinstance(event, CustomerMessageReceived)
    assert event.channel is Channel.REVIEW


def test_a_constant_takes_the_place_of_a_column() -> None:
    of_one = Mapper(
        to=NewsArticlePublished, source="n.csv", clock=lambda: NOW, constants={"company": "Norvale Foods"}
    )

    of_one.check(["headline"])


def test_missing_columns_are_named_with_the_cure() -> None:
    news = Mapper(to=NewsArticlePublished, source="n.csv", clock=lambda: NOW)

    with pytest.raises(ConfigError, match=r"no column company, headline; it has text, label.*--column"):
        news.check(["text", "label"])


def test_a_renamed_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no column review"):
        a_mapper(text="review").check(["text"])


def test_a_field_that_does_not_exist_can_not_be_renamed() -> None:
    with pytest.raises(ConfigError, match=r"has no field txt; it has event_id"):
        a_mapper(txt="review")
    with pytest.raises(ConfigError, match=r"has no field chanel"):
        Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, constants={"chanel": "chat"})


def test_a_constant_that_the_shell_gave_in_another_encoding_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^--set text=.*: not UTF-8$"):
        Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, constants={"text": "caf\udce9"})


def test_a_row_with_impossible_values_is_refused_by_its_number() -> None:
    with pytest.raises(RejectedError, match=r"^a\.csv line 5: text: there is no text$"):
        a_mapper().event(a_row({"text": "   "}, 4))


@pytest.mark.parametrize(
    ("written", "zone", "meant"),
    [
        ("2026-03-01T12:00:00Z", None, "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T12:00:00Z", "Europe/Berlin", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01 12:00", "Europe/Berlin", "2026-03-01T12:00:00+01:00"),
        ("2026-07-01T12:00:00.5", "Europe/Berlin", "2026-07-01T12:00:00.500000+02:00"),
        ("2026-03-01", "America/New_York", "2026-03-01T00:00:00-05:00"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_a_time_without_a_zone_is_one_of_the_zone_that_was_named(
    written: str, zone: str | None, meant: str
) -> None:
    mapper = Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, zone=time_zone(zone))

    event = mapper.event(a_row({"text": "Hello", "occurred_at": written}, 1))

    assert event.occurred_at.isoformat() == meant


@pytest.mark.parametrize(
    ("written", "zone", "complaint"),
    [
        ("2026-03-01 12:00", None, r"occurred_at: the time has no zone; .*--timezone Europe/Berlin$"),
        ("2026-03-01", None, r"occurred_at: the time has no zone; .*--timezone Europe/Berlin$"),
        ("2026-03-29 02:30", "Europe/Berlin", r"occurred_at: the clocks of Europe/Berlin skip this time$"),
        ("1764500000", "Europe/Berlin", r"occurred_at: a time is RFC 3339 text"),
        (1764500000, None, r"occurred_at: a time is RFC 3339 text"),
        (1764500000.25, None, r"occurred_at: a time is RFC 3339 text"),
        ("01.03.2026 12:00", "Europe/Berlin", r"occurred_at: a time is RFC 3339 text"),
        ("20260301", "Europe/Berlin", r"occurred_at: a time is RFC 3339 text"),
    ],
)
def test_a_time_that_says_no_moment_is_refused(written: object, zone: str | None, complaint: str) -> None:
    mapper = Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, zone=time_zone(zone))

    with pytest.raises(RejectedError, match=complaint):
        mapper.event(a_row({"text": "Hello", "occurred_at": written}, 1))


def test_a_constant_time_gets_the_zone_too() -> None:
    mapper = Mapper(
        to=NewsArticlePublished,
        source="n.csv",
        clock=lambda: NOW,
        constants={"occurred_at": "2026-03-01 12:00"},
        zone=time_zone("Europe/Berlin"),
    )

    event = mapper.event(a_row({"headline": "Shares fall", "company": "Norvale Foods"}, 1))

    assert event.occurred_at == datetime(2026, 3, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Berlim", "../etc/passwd", "Europe", "a\0b"])
def test_a_zone_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^--timezone .*there is no such zone; an example is"):
        time_zone(name)


@pytest.mark.parametrize("value", [["a"] * 3, {"a": {"b": [None]}}, 10**400, True, float("inf")])
def test_a_value_of_another_kind_is_refused_by_its_line(value: object) -> None:
    with pytest.raises(RejectedError, match=r"^a\.csv line 5: text: "):
        a_mapper().event(a_row({"text": value}, 4))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("messages", CustomerMessageReceived), ("image.received.v1", ImageReceived)],
)
def test_topics_go_by_short_and_full_names(name: str, expected: type) -> None:
    assert event_type(name) is expected


def test_a_result_topic_takes_no_input() -> None:
    with pytest.raises(ConfigError, match="takes no input; choose one of"):
        event_type("support.message_routed.v1")
