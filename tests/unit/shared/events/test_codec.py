"""The codec: each way in which a record can be no event has its reason, and an event survives the way."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import RejectedError
from shared.events import BY_NAME, CustomerMessageReceived, Event, ImageReceived
from shared.events.codec import decode, encode
from shared.events.headers import new_trace
from shared.events.image import IMAGE_MAX_BYTES
from shared.events.text import TEXT_MAX_CHARS
from tests.support.events import events_of, message

ENVELOPE = {"event_id": "00000000-0000-0000-0000-000000000001", "occurred_at": "2026-03-01T12:00:00Z"}


def saying(text: object, **changes: object) -> bytes:
    """Return the value of a message record."""
    return json.dumps({**ENVELOPE, "conversation_id": "case", "text": text, **changes}).encode()


def showing(content: bytes) -> bytes:
    """Return the value of an image record."""
    return encoded_as(b64encode(content).decode())


def encoded_as(content: str) -> bytes:
    """Return the value of an image record with this base64, or what is sent in its place."""
    return json.dumps({**ENVELOPE, "case_id": "case", "kind": "digit", "content": content}).encode()


def reason_of(
    value: bytes | None,
    *,
    event: type[Event] = CustomerMessageReceived,
    key: bytes | None = b"case",
    ce_type: bytes | None = None,
) -> str:
    """Return why the record is refused."""
    headers = () if ce_type is None else (("ce_type", ce_type),)
    with pytest.raises(RejectedError) as refused:
        decode(event, key=key, value=value, headers=headers)
    return refused.value.reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, "null_value", id="null"),
        pytest.param(b"", "not_json", id="no bytes"),
        pytest.param(b"hello", "not_json", id="plain text"),
        pytest.param(saying("hi")[:-2], "not_json", id="cut off"),
        pytest.param(b"\xef\xbb\xbf" + saying("hi"), "not_json", id="byte order mark"),
        pytest.param(saying("hi").decode().encode("utf-16-le"), "not_json", id="UTF-16"),
        pytest.param(b"[" * 500 + b"]" * 500, "not_json", id="nested too deep"),
        pytest.param(b"[" * 100_000, "not_json", id="nested too deep for any parser"),
        pytest.param(saying("hi") + b"\xff", "invalid_utf8", id="a byte that UTF-8 lacks"),
        pytest.param(b'"\xed\xa0\x80"', "invalid_utf8", id="a surrogate as bytes"),
        pytest.param(saying("\ud800"), "lone_surrogate", id="first half alone"),
        pytest.param(saying("\udc00 words"), "lone_surrogate", id="second half alone"),
        pytest.param(saying("hi", **{"\ud800": 1}), "lone_surrogate", id="in a name"),
        pytest.param(b"[]", "wrong_shape", id="a list"),
        pytest.param(b"{}", "wrong_shape", id="nothing in it"),
        pytest.param(saying(5), "wrong_shape", id="a number for a text"),
        pytest.param(saying("hi", conversation_id=""), "wrong_shape", id="an empty name"),
        pytest.param(saying("hi", channel="fax"), "wrong_shape", id="an unknown channel"),
        pytest.param(saying("hi", occurred_at="2026-03-01T12:00:00"), "wrong_shape", id="no time zone"),
        pytest.param(saying("hi", occurred_at="0001-01-01T00:00:00+23:00"), "time_out_of_range", id="year 1"),
        pytest.param(saying("hi", occurred_at="1969-12-31T23:59:59Z"), "time_out_of_range", id="before 1970"),
        pytest.param(saying("hi", occurred_at="2200-01-01T00:00:00Z"), "time_out_of_range", id="year 2200"),
        pytest.param(saying("hi", occurred_at="9999-12-31T23:59:59-23:00"), "time_out_of_range", id="9999"),
        pytest.param(saying("hi", occurred_at=1764500000), "wrong_shape", id="seconds as a time"),
        pytest.param(saying("hi", occurred_at=1764500000.5), "wrong_shape", id="a fraction as a time"),
        pytest.param(saying("hi", occurred_at="1764500000"), "wrong_shape", id="seconds in text"),
        pytest.param(saying("hi", occurred_at=True), "wrong_shape", id="yes as a time"),
        pytest.param(saying("hi", occurred_at="2026-03-01"), "wrong_shape", id="a day as a time"),
        pytest.param(saying("hi", occurred_at="2026-03-01T12:00Z"), "wrong_shape", id="no seconds"),
        pytest.param(saying("hi", occurred_at="2026-02-30T12:00:00Z"), "wrong_shape", id="30 February"),
        pytest.param(saying(""), "empty_text", id="empty"),
        pytest.param(saying(" \t\n\u2003"), "empty_text", id="blank"),
        pytest.param(saying("x" * (TEXT_MAX_CHARS + 1)), "text_too_long", id="a character too many"),
        pytest.param(saying("x" * 2**20), "text_too_long", id="1 MB"),
    ],
)
def test_what_is_no_message_gets_its_reason(value: bytes | None, reason: str) -> None:
    assert reason_of(value) == reason


def test_a_text_at_the_bound_is_welcome() -> None:
    text = "x" * TEXT_MAX_CHARS

    parsed = decode(CustomerMessageReceived, key=b"case", value=saying(text), headers=())

    assert parsed.text == text


@pytest.mark.parametrize("name", [b"customer.message_received.v9", b"image.received.v1", b""])
def test_a_record_that_calls_itself_something_else_is_refused(name: bytes) -> None:
    assert reason_of(saying("hi"), ce_type=name) == "unknown_version"


def test_a_type_header_without_a_value_is_refused() -> None:
    with pytest.raises(RejectedError, match="carries") as refused:
        decode(CustomerMessageReceived, key=b"case", value=saying("hi"), headers=(("ce_type", None),))

    assert refused.value.reason == "unknown_version"


def test_a_missing_key_is_refused_where_order_matters() -> None:
    assert reason_of(saying("hi"), key=None) == "missing_key"


@pytest.mark.parametrize("key", [b"", b"Case", b"case ", b'"case"', b"\xff"])
def test_a_key_that_differs_from_the_field_it_must_equal_is_refused(key: bytes) -> None:
    assert reason_of(saying("hi"), key=key) == "key_mismatch"


def test_a_key_mismatch_does_not_repeat_key_or_field() -> None:
    with pytest.raises(RejectedError, match="conversation_id") as refused:
        decode(CustomerMessageReceived, key=b"secret key", value=saying("hi"), headers=())

    assert "secret" not in str(refused.value)
    assert "case" not in str(refused.value)


def test_a_key_of_any_characters_equals_its_field_in_utf8() -> None:
    value = saying("hi", conversation_id="F\u00e4lle \U0001f4b3")

    event = decode(CustomerMessageReceived, key="F\u00e4lle \U0001f4b3".encode(), value=value, headers=())

    assert event.conversation_id == "F\u00e4lle \U0001f4b3"


def test_any_key_is_welcome_where_order_does_not_matter() -> None:
    assert decode(ImageReceived, key=b"another", value=showing(b"bytes"), headers=()).case_id == "case"


@pytest.mark.parametrize("event_type", BY_NAME.values(), ids=list(BY_NAME))
@settings(max_examples=25)  # the values of events are tried by the tests of their envelope
@given(draw=st.data())
def test_what_is_encoded_decodes_to_the_same_event(event_type: type[Event], draw: st.DataObject) -> None:
    sent = draw.draw(events_of(event_type))

    record = encode(sent, source="tests", trace=new_trace())

    assert record.topic == event_type.name
    assert decode(event_type, key=record.key, value=record.value, headers=record.headers) == sent


def test_a_missing_key_is_welcome_where_order_does_not_matter() -> None:
    parsed = decode(ImageReceived, key=None, value=showing(b"bytes"), headers=())

    assert parsed.content == b"bytes"


def test_an_image_above_the_bound_is_refused() -> None:
    assert decode(ImageReceived, key=None, value=showing(bytes(IMAGE_MAX_BYTES)), headers=())
    assert reason_of(showing(bytes(IMAGE_MAX_BYTES + 1)), event=ImageReceived) == "image_too_large"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("AB C", id="a plus that a form turned into a blank"),
        pytest.param("AB-_", id="the alphabet of URLs"),
        pytest.param(" AB+C", id="a leading blank"),
        pytest.param("AB+C\t", id="a trailing tab"),
        pytest.param("QQ", id="no padding"),
        pytest.param("QQ=", id="half the padding"),
        pytest.param("QQ===", id="too much padding"),
        pytest.param("QQ==QQ==", id="padding in the middle"),
        pytest.param("====", id="padding only"),
        pytest.param("AB+\u00e9", id="a letter with an accent"),
        pytest.param("data:image/png;base64,QQ==", id="a data URL"),
    ],
)
def test_what_is_not_base64_is_refused_as_such(content: str) -> None:
    assert reason_of(encoded_as(content), event=ImageReceived) == "image_not_base64"


@pytest.mark.parametrize("content", ["QUJD\n/+8=", "QUJD\r\n/+8=\r\n", "QUJD/+8="])
def test_line_breaks_in_base64_are_ignored(content: str) -> None:
    assert decode(ImageReceived, key=None, value=encoded_as(content), headers=()).content == b"ABC\xff\xef"


@pytest.mark.parametrize("name", ["b64_PNG_28_3", "b64_PNG_28_4"])
def test_images_whose_base64_a_form_or_a_url_changed_are_refused(cases_dir: Path, name: str) -> None:
    value = (cases_dir / "base64-not-base64" / f"{name}.json").read_bytes()

    assert reason_of(value, event=ImageReceived) == "image_not_base64"


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00.000z",
        "2026-03-01 13:00:00+01:00",
        "2026-03-01T11:00:00-01:00",
    ],
)
def test_a_time_of_rfc_3339_is_taken_as_it_is_written(time: str) -> None:
    parsed = decode(CustomerMessageReceived, key=b"case", value=saying("hi", occurred_at=time), headers=())

    assert parsed.occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_refusal_never_repeats_what_the_customer_wrote() -> None:
    secret = "4111 1111 1111 1111"
    for value in (saying("hi", channel=secret), saying("hi", event_id=secret), saying([secret])):
        with pytest.raises(RejectedError) as refused:
            decode(CustomerMessageReceived, key=b"case", value=value, headers=())

        assert secret not in str(refused.value)


@given(value=st.binary(max_size=300) | st.text().map(str.encode))
def test_no_bytes_do_worse_than_a_refusal(value: bytes) -> None:
    assert reason_of(value) in {"not_json", "invalid_utf8", "lone_surrogate", "wrong_shape"}


def test_a_good_record_is_its_event() -> None:
    sent = message(7)

    assert decode(CustomerMessageReceived, key=sent.key, value=sent.to_json(), headers=()) == sent
