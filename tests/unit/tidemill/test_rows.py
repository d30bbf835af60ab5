"""Rows of a file become the events that they mean, or say why they can't."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from shared.errors import ConfigError, RejectedError
from shared.events import Channel, CustomerMessageReceived, ImageKind, ImageReceived, NewsArticlePublished
from shared.inference.image import FORMATS
from tidemill.rows import Mapper, event_type, image_rows

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def a_mapper(**columns: str) -> Mapper:
    return Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, columns=columns)


def test_a_text_is_all_that_a_message_needs() -> None:
    event = a_mapper().event({"text": "Where is my card?", "mood": "sunny"}, 7)

    assert isinstance(event, CustomerMessageReceived)
    assert (event.text, event.conversation_id, event.channel) == (
        "Where is my card?",
        "a.csv:7",
        Channel.CHAT,
    )
    assert event.occurred_at == NOW


def test_the_same_row_of_the_same_file_always_gets_the_same_id() -> None:
    later = Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW + timedelta(days=1))

    first, again = (mapper.event({"text": "one"}, 7) for mapper in (a_mapper(), later))

    assert first.event_id == again.event_id


def test_rows_of_other_files_places_and_contents_get_other_ids() -> None:
    other_file = Mapper(to=CustomerMessageReceived, source="b.csv", clock=lambda: NOW)
    row = {"text": "Hello"}

    ids = {a_mapper().event(row, 1).event_id, a_mapper().event(row, 2).event_id}
    ids.add(other_file.event(row, 1).event_id)
    ids.add(a_mapper().event({"text": "Hello again"}, 1).event_id)

    assert len(ids) == 4


def test_a_name_of_any_length_can_be_a_source() -> None:
    longest = Mapper(to=CustomerMessageReceived, source="n" * 255, clock=lambda: NOW)

    assert isinstance(longest.event({"text": "Hello"}, 10**9), CustomerMessageReceived)


def test_a_column_can_be_renamed() -> None:
    event = a_mapper(text="review").event({"review": "Fine.", "text": "ignored"}, 1)

    assert isinstance(event, CustomerMessageReceived)
    assert event.text == "Fine."


def test_an_empty_cell_means_the_default() -> None:
    event = a_mapper().event({"text": "Hello", "channel": "", "conversation_id": ""}, 3)

    assert isinstance(event, CustomerMessageReceived)
    assert (event.channel, event.conversation_id) == (Channel.CHAT, "a.csv:3")


def test_a_constant_stands_in_every_row_whatever_its_columns_say() -> None:
    reviews = Mapper(
        to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, constants={"channel": "review"}
    )

    event = reviews.event({"text": "Fine.", "channel": "chat"}, 1)

    assert isinstance(event, CustomerMessageReceived)
    assert event.channel is Channel.REVIEW


def test_a_constant_takes_the_place_of_a_column() -> None:
    of_one = Mapper(
        to=NewsArticlePublished, source="n.csv", clock=lambda: NOW, constants={"company": "Norvale Foods"}
    )

    of_one.check({"headline": "Shares fall"})


def test_missing_columns_are_named_with_the_cure() -> None:
    news = Mapper(to=NewsArticlePublished, source="n.csv", clock=lambda: NOW)

    with pytest.raises(ConfigError, match=r"no column company, headline; it has text, label.*--column"):
        news.check({"text": "Shares fall", "label": "0"})


def test_a_renamed_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no column review"):
        a_mapper(text="review").check({"text": "Hello"})


def test_a_field_that_does_not_exist_can_not_be_renamed() -> None:
    with pytest.raises(ConfigError, match=r"has no field txt; it has event_id"):
        a_mapper(txt="review")
    with pytest.raises(ConfigError, match=r"has no field chanel"):
        Mapper(to=CustomerMessageReceived, source="a.csv", clock=lambda: NOW, constants={"chanel": "chat"})


def test_a_row_with_impossible_values_is_refused_by_its_number() -> None:
    with pytest.raises(RejectedError, match=r"^row 4: text: there is no text$"):
        a_mapper().event({"text": "   "}, 4)


def test_images_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())

    rows = list(image_rows(tmp_path, ImageKind.DIGIT))

    assert [row["case_id"] for row in rows] == ["a.jpg", "b.png"]
    assert base64.b64decode(rows[0]["content"]) == b"a.jpg"


def test_only_images_are_sent_that_the_services_can_read(tmp_path: Path) -> None:
    names = {
        "JPEG": "a.JPG",
        "PNG": "b.png",
        "WEBP": "c.webp",
        "GIF": "d.gif",
        "BMP": "e.bmp",
        "TIFF": "f.tif",
    }
    for kind, name in names.items():
        Image.new("L", (8, 8)).save(tmp_path / name, kind)

    sent = {str(row["case_id"]) for row in image_rows(tmp_path, ImageKind.DIGIT)}

    assert sent == {names[kind] for kind in FORMATS}


def test_an_image_keeps_its_id_when_others_join_the_folder(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"b")
    before = next(image_rows(tmp_path, ImageKind.DISH))["event_id"]
    (tmp_path / "a.png").write_bytes(b"a")

    after = [row["event_id"] for row in image_rows(tmp_path, ImageKind.DISH)]

    assert after[1] == before


def test_another_image_of_the_same_name_has_another_id(tmp_path: Path) -> None:
    ids = set()
    for content in (b"one", b"two"):
        (tmp_path / "a.png").write_bytes(content)
        ids.add(next(image_rows(tmp_path, ImageKind.DISH))["event_id"])

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [("messages", CustomerMessageReceived), ("image.received.v1", ImageReceived)],
)
def test_topics_go_by_short_and_full_names(name: str, expected: type) -> None:
    assert event_type(name) is expected


def test_a_result_topic_takes_no_input() -> None:
    with pytest.raises(ConfigError, match="takes no input; choose one of"):
        event_type("support.message_routed.v1")
