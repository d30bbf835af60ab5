"""Rows are read from the files that people have; what can't be read is said in one line."""

import gzip
from pathlib import Path

import pytest

from shared.errors import ConfigError
from tidemill.files import read_rows


def test_a_csv_file_gives_its_columns_by_name(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text('text,label\n"Two\nlines, one cell",3\n', encoding="utf-8-sig")

    assert list(read_rows(file)) == [{"text": "Two\nlines, one cell", "label": "3"}]


def test_a_jsonl_file_gives_its_objects_and_blank_lines_nothing(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "a"}\n\n{"text": "b"}\n', encoding="utf-8")

    assert [row["text"] for row in read_rows(file)] == ["a", "b"]


def test_gzipped_files_are_read_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv.gz"
    file.write_bytes(gzip.compress(b"text\nhello\n"))

    assert list(read_rows(file)) == [{"text": "hello"}]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("rows.xlsx", b"", r"rows are read from \.csv and \.jsonl"),
        ("latin.csv", "text\ncaf\u00e9\n".encode("latin-1"), "is not UTF-8"),
        ("broken.jsonl", b'{"text": \n', "can't be read"),
        ("list.jsonl", b"[1]\n", "line 1 is no JSON object"),
        ("fake.csv.gz", b"text\nhello\n", "can't be read"),
    ],
)
def test_what_can_not_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(ConfigError, match=complaint):
        list(read_rows(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.csv can't be read: No such file"):
        list(read_rows(tmp_path / "gone.csv"))
