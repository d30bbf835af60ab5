"""JSON Lines: objects are found, and every other line is left out by its number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tidemill.reading import texts
from tidemill.reading import lines
from tidemill.reading.found import Found, LeftOut
from tidemill.reading.jsonl_rows import jsonl_rows

GOOD = b'{"text": "good"}'


def test_objects_are_found_and_blank_lines_are_no_rows() -> None:
    reads = list(jsonl_rows(texts.a_text('{"text": "a"}\n\n  \r\n{"text": "b"}'), "a.jsonl"))

    assert reads == [
        Found(1, "a.jsonl line 1", {"text": "a"}),
        Found(2, "a.jsonl line 4", {"text": "b"}),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(b'{"text": ', "no JSON: Expecting value at character", id="cut off"),
        pytest.param(b'{"text": "a" "b"}', "no JSON: Expecting ',' delimiter at character 14", id="no comma"),
        pytest.param(b'{"text": "a"} {"text": "b"}', "no JSON: Extra data at character 15", id="two objects"),
        pytest.param(b'{"text": "a\tb"}', "no JSON: Invalid control character at", id="a tab in a text"),
        pytest.param(b"hello", "no JSON: Expecting value at character 1", id="plain text"),
        pytest.param(b"[1]", "no JSON object", id="a list"),
        pytest.param(b"null", "no JSON object", id="null"),
        pytest.param(rb'{"text": "half \ud83d smile"}', "half a character in an escape", id="half an emoji"),
        pytest.param(rb'{"text": "x", "\uDE00": 1}', "half a character in an escape", id="half, in a name"),
        pytest.param(b'{"id": ' + b"9" * 5000 + b"}", "a number has more than 4,300 digits", id="digits"),
        pytest.param(b'{"x": ' + b"[" * 100_000, "it is nested too deep", id="nested and cut off"),
        pytest.param(b'{"x":' * 3000 + b"1" + b"}" * 3000, "it is nested too deep", id="nested objects"),
        pytest.param(b'{"text": "a", "text": "b"}', "the name text stands twice", id="a name twice"),
        pytest.param(b'{"x": {"a": 1, "a": 2}}', "the name a stands twice", id="a name twice within"),
        pytest.param(b'{"x": NaN}', "NaN is no JSON", id="NaN"),
        pytest.param(b'{"x": -Infinity}', "-Infinity is no JSON", id="infinity"),
        pytest.param(b'{"text": "caf\xe9"}', "byte 0xE9 at character 14 is no utf-8", id="cp1252"),
        pytest.param(b'{"text": "\xed\xa0\xbd"}', "byte 0xED at character 11 is no utf-8", id="surrogate"),
    ],
)
def test_a_line_that_is_no_row_is_left_out_alone(line: bytes, why: str) -> None:
    content = b"\n".join([GOOD, line, GOOD])

    before, read, after = jsonl_rows(texts.a_text(content), "a.jsonl")

    assert isinstance(read, LeftOut)
    assert (read.place, read.why[: len(why)]) == ("a.jsonl line 2", why)
    assert (before, after) == (
        Found(1, "a.jsonl line 1", {"text": "good"}),
        Found(3, "a.jsonl line 3", {"text": "good"}),
    )


def test_a_whole_emoji_in_escapes_is_one() -> None:
    (read,) = jsonl_rows(texts.a_text(rb'{"text": "\ud83d\ude00"}'), "a.jsonl")

    assert isinstance(read, Found)
    assert read.row["text"] == "\U0001f600"


def test_a_line_that_is_too_long_is_left_out_alone_and_never_held_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LINE_MAX_CHARS", 100)
    content = b"\n".join([GOOD, b'{"text": "' + b"x" * 1000 + b'"}', GOOD])

    reads = list(jsonl_rows(texts.a_text(content), "a.jsonl"))

    assert [type(read) for read in reads] == [Found, LeftOut, Found]
    assert str(reads[1]) == "a.jsonl line 2: the line is longer than 100 characters"


@given(content=st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ud8e0n\n', max_size=200).map(str.encode))
def test_no_bytes_do_worse_than_a_refusal(content: bytes) -> None:
    reads = list(jsonl_rows(texts.a_text(content), "a.jsonl"))

    assert all(isinstance(read, Found | LeftOut) for read in reads)
