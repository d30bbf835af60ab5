"""CSV: rows of the header's shape are found, all others are left out by their line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigError
from tests.unit.tidemill.reading.texts import a_text
from tidemill.reading import csv_rows as module
from tidemill.reading.csv_rows import csv_rows
from tidemill.reading.found import Found, LeftOut, Row


def found(content: str | bytes) -> list[Row]:
    return [read.row for read in csv_rows(a_text(content), "a.csv") if isinstance(read, Found)]


def left_out(content: str | bytes) -> list[str]:
    return [str(read) for read in csv_rows(a_text(content), "a.csv") if isinstance(read, LeftOut)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("text,id\nHello,1\nBye,2\n", id="line feeds"),
        pytest.param("text,id\r\nHello,1\r\nBye,2\r\n", id="carriage returns and line feeds"),
        pytest.param("text,id\rHello,1\rBye,2\r", id="carriage returns"),
        pytest.param("text;id\nHello;1\nBye;2\n", id="semicolons"),
        pytest.param("text\tid\nHello\t1\nBye\t2\n", id="tabs"),
        pytest.param("\ufefftext,id\nHello,1\nBye,2\n", id="byte order mark"),
        pytest.param("text, id \nHello,1\nBye,2\n", id="blanks in the header"),
        pytest.param('"text","id"\n"Hello","1"\n"Bye","2"', id="quotes, and no line end"),
        pytest.param("\n\ntext,id\n\nHello,1\n\nBye,2\n\n", id="blank lines"),
        pytest.param("\n\ntext;id\nHello;1\nBye;2\n", id="semicolons behind blank lines"),
        pytest.param("text,id,\nHello,1,\nBye,2,\n", id="an empty column"),
    ],
)
def test_rows_are_found_however_they_are_written(content: str) -> None:
    assert found(content) == [{"text": "Hello", "id": "1"}, {"text": "Bye", "id": "2"}]
    assert left_out(content) == []


def test_a_heading_may_hold_the_delimiters_of_others() -> None:
    assert found('text;"a, b, c"\nHello;1\n') == [{"text": "Hello", "a, b, c": "1"}]


def test_a_cell_may_hold_line_breaks_delimiters_and_doubled_quotes_and_is_remarked_on() -> None:
    reads = list(csv_rows(a_text('text,id\n"Dear ""team"",\nplease, help",1\n'), "a.csv"))

    assert reads == [
        Found(1, "a.csv line 2", {"text": 'Dear "team",\nplease, help', "id": "1"}, "rows of several lines")
    ]


def test_rows_are_numbered_with_those_left_out_so_that_ids_stay_when_one_is_mended() -> None:
    reads = csv_rows(a_text("text,id\nHello,1\nBye\nOnce more,3\n"), "a.csv")

    assert [read.number for read in reads if isinstance(read, Found)] == [1, 3]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        pytest.param("No, thanks,1", "3 cells, but the header has 2; a cell", id="more cells"),
        pytest.param("Hello", "1 cell, but the header has 2", id="fewer cells"),
        pytest.param('"My card,1', "a quote is opened and never closed", id="a quote never closed"),
        pytest.param('"My "card",1', "a quote within a cell is not doubled", id="quotes within a cell"),
        pytest.param('"He said \\"hi\\"",1', "a quote within a cell is not doubled", id="backslashes"),
        pytest.param('"Hello" there,1', "a quote within a cell is not doubled", id="text behind a quote"),
        pytest.param("Hel\0lo,1", "a cell holds a zero byte", id="a zero byte"),
    ],
)
def test_a_row_of_another_shape_is_left_out_alone(row: str, why: str) -> None:
    content = f"text,id\nbefore,1\n{row}\nafter,2\nat the end,3\n"

    assert [found_row["text"] for found_row in found(content)] == ["before", "after", "at the end"]
    assert len(left_out(content)) == 1
    assert left_out(content)[0].startswith(f"a.csv line 3: {why}")


def test_two_quotes_never_closed_cost_two_rows() -> None:
    content = 'text,id\n"one,1\ntwo,2\n"three,3\nfour,4\n'

    assert [row["text"] for row in found(content)] == ["two", "four"]
    assert [each.split(":")[0] for each in left_out(content)] == ["a.csv line 2", "a.csv line 4"]


def test_a_quoted_row_behind_an_unclosed_quote_is_kept() -> None:
    content = 'text,id\n"one,1\n"two, too",2\nthree,3\n'

    assert [row["text"] for row in found(content)] == ["two, too", "three"]


def test_a_row_that_closes_its_quotes_takes_no_other_line() -> None:
    content = 'text,id\n"Hello" there,1\nbetween,2\na 5"",3\n'

    assert [row["text"] for row in found(content)] == ["between", 'a 5""']


def test_no_piece_of_a_broken_row_becomes_a_row() -> None:
    content = 'text,id\n"Dear team,\nhe said "hi" to me,\nyes, indeed\nbye",1\nafter,2\n'

    assert found(content) == [{"text": "after", "id": "2"}]
    assert len(left_out(content)) == 1


def test_a_row_of_several_lines_with_too_many_cells_is_left_out_whole() -> None:
    content = 'text,id\n"Dear team,\nplease, help\nbye",1,extra\nafter,2\n'

    assert found(content) == [{"text": "after", "id": "2"}]
    assert left_out(content) == [
        "a.csv line 2: 3 cells, but the header has 2; a cell that holds the delimiter stands in quotes"
    ]


def test_a_cell_under_no_heading_is_not_cut_off() -> None:
    content = "text,\nHello,\nNo, thanks\n"

    assert found(content) == [{"text": "Hello"}]
    assert left_out(content) == ["a.csv line 3: a cell has no heading"]


def test_bytes_that_are_no_text_cost_their_row_only() -> None:
    content = b"text,id\ncaf\xc3\xa9,1\ncan\x92t,2\n\xff\xfe,3\nafter,4\n"

    assert [row["text"] for row in found(content)] == ["caf\u00e9", "after"]
    assert left_out(content) == [
        "a.csv line 3: byte 0x92 at character 4 is no utf-8; in cp1252 it is \u2019: --encoding cp1252",
        "a.csv line 4: byte 0xFF at character 1 is no utf-8; in cp1252 it is \u00ff: --encoding cp1252",
    ]


def test_a_cell_of_any_length_that_is_allowed_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELL_MAX_CHARS", 200_000)

    assert [len(row["text"]) for row in found(f"text\n{'x' * 200_000}\n")] == [200_000]
    assert left_out(f"text\n{'x' * 200_001}\nafter\n") == [
        "a.csv line 2: a quote is not closed, or a cell is larger than 200,000 characters"
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text,id,text\nHello,1,Bye\n", r"a\.csv has two columns text: rename one of them"),
        ('"text,id\nHello,1\n', r"a\.csv line 1: a quote is opened and never closed; the first line"),
    ],
)
def test_a_header_that_can_not_be_used_is_named(content: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        found(content)


@pytest.mark.parametrize("content", ["", "\n\n", "text,id\n", "text,id"])
def test_a_file_without_rows_has_none(content: str) -> None:
    assert list(csv_rows(a_text(content), "a.csv")) == []


@given(
    content=st.binary(max_size=200) | st.text(alphabet='ab,;"\n\r\t\0\u00e9 ', max_size=200).map(str.encode)
)
def test_no_bytes_do_worse_than_a_refusal_and_every_row_has_the_shape_of_the_header(content: bytes) -> None:
    try:
        reads = list(csv_rows(a_text(b"text,id\n" + content), "a.csv"))
    except ConfigError:
        return

    assert all(set(read.row) == {"text", "id"} for read in reads if isinstance(read, Found))


@given(texts=st.lists(st.text(alphabet='ab,;" \n\u00e9', min_size=1, max_size=20), max_size=8))
def test_whatever_a_spreadsheet_writes_is_read_back(texts: list[str]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("text", "id"), *((text, "1") for text in texts)])

    assert [row["text"] for row in found(written.getvalue())] == texts
