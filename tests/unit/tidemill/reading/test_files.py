"""Files are read by name or as they are asked to be; what is no text in UTF-8 is named with its cure."""

import gzip
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from shared.errors import ConfigError
from tests.unit.tidemill.reading.texts import a_pipe
from tidemill.reading.files import STANDARD_INPUT, Form, row_file, whole_rows
from tidemill.reading.found import Found, LeftOut, Row
from tidemill.reading.survey import Survey, survey

TEXT = "text,id\nI can\u2019t pay 20 \u20ac today,k1\n"
CASES = {
    "csv-quote-never-closed/quote_open.csv": (39, [7]),
    "csv-more-cells-than-headings/commas_last.csv": (2, [3]),
    "csv-more-cells-than-headings/commas_only.csv": (1, [3]),
    "jsonl-rows-that-crash/bigint.jsonl": (2, [2]),
    "jsonl-rows-that-crash/deep.jsonl": (1, [2]),
    "jsonl-rows-that-crash/line900.jsonl": (904, [900]),
    "jsonl-rows-that-crash/surr.jsonl": (2, [2]),
    "jsonl-rows-that-crash/surr700.jsonl": (699, [650]),
}


def rows(path: Path, *, form: Form | None = None, encoding: str | None = None) -> list[Row]:
    reads = row_file(path, form=form, encoding=encoding).rows()
    return [read.row for read in reads if isinstance(read, Found)]


def a_zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return file.getvalue()


def a_file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["rows.csv", "ROWS.CSV"])
def test_a_file_is_read_by_its_name(tmp_path: Path, name: str) -> None:
    assert rows(a_file(tmp_path, name, b"text\nhello\n")) == [{"text": "hello"}]


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.CSV.GZ"])
def test_gzipped_files_are_read_as_they_are(tmp_path: Path, name: str) -> None:
    assert rows(a_file(tmp_path, name, gzip.compress(b"text\nhello\n"))) == [{"text": "hello"}]


def test_a_file_of_any_name_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    path = a_file(tmp_path, "export.txt", b'{"text": "hello"}\n')

    assert rows(path, form=Form.JSONL) == [{"text": "hello"}]


def test_a_file_whose_name_is_not_utf_8_is_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(b"text,id\nhello\n")

    (read,) = row_file(path, form=None, encoding=None).rows()

    assert str(read).startswith(r"caf\xe9.csv line 2: ")


@pytest.mark.parametrize(
    "encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "utf-8"]
)
def test_text_is_read_in_the_encoding_that_is_named(tmp_path: Path, encoding: str) -> None:
    path = a_file(tmp_path, "rows.csv", TEXT.encode(encoding))

    assert rows(path, encoding=encoding) == [{"text": "I can\u2019t pay 20 \u20ac today", "id": "k1"}]


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        pytest.param(TEXT.encode("utf-16"), r"is utf-16, not utf-8: add --encoding utf-16$", id="UTF-16"),
        pytest.param(b"\xfe\xff" + TEXT.encode("utf-16-be"), r"add --encoding utf-16$", id="UTF-16 BE"),
        pytest.param(TEXT.encode("utf-16-le"), r"add --encoding utf-16-le$", id="UTF-16 LE, no mark"),
        pytest.param(TEXT.encode("utf-16-be"), r"add --encoding utf-16-be$", id="UTF-16 BE, no mark"),
        pytest.param(TEXT.encode("utf-32"), r"add --encoding utf-32$", id="UTF-32"),
        pytest.param(TEXT.encode("utf-32-le"), r"add --encoding utf-32-le$", id="UTF-32 LE, no mark"),
        pytest.param(TEXT.encode("utf-32-be"), r"add --encoding utf-32-be$", id="UTF-32 BE, no mark"),
        pytest.param(gzip.compress(TEXT.encode()), r"is gzip data, not csv: .*\.csv\.gz", id="gzip"),
        pytest.param(
            a_zip("xl/sheet1.xml"), r"an Excel workbook \(\.xlsx\).*save it as CSV UTF-8", id="xlsx"
        ),
        pytest.param(a_zip("[Content_Types].xml"), r"an Excel workbook \(\.xlsx\)", id="xlsx of Excel"),
        pytest.param(a_zip("rows.csv"), r"is a zip archive, not csv: unpack it", id="zip"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), r"old Office .*\.xls", id="xls"),
        pytest.param(b"\x28\xb5\x2f\xfd\x04\x00", r"is zstd data, .*zstd -d", id="zstd"),
        pytest.param(b"SQLite format 3\0" + bytes(84), r"an SQLite database", id="SQLite"),
        pytest.param(b"%PDF-1.7\n", r"a PDF document", id="PDF"),
        pytest.param(b"PAR1\x15\x04", r"a Parquet file", id="Parquet"),
        pytest.param(b"\xff\xd8\xff\xe0", r"a JPEG image, .*from a folder", id="JPEG"),
    ],
)
def test_a_file_that_is_something_else_than_its_name_says_is_named_with_the_cure(
    tmp_path: Path, content: bytes, cure: str
) -> None:
    with pytest.raises(ConfigError, match=cure):
        rows(a_file(tmp_path, "rows.csv", content))


def test_cp1252_is_recognised_and_shown_as_it_would_be_read(tmp_path: Path) -> None:
    path = a_file(tmp_path, "rows.csv", TEXT.encode("cp1252"))

    with pytest.raises(ConfigError, match=r"is not UTF-8.*--encoding cp1252 .*I can.t pay 20 \S today"):
        survey(row_file(path, form=None, encoding=None))


def test_an_encoding_that_can_not_be_cp1252_is_not_called_so(tmp_path: Path) -> None:
    path = a_file(tmp_path, "rows.csv", "text\n\u0104\u0179 \u8868\n".encode("gb18030") + b"\x81\n")

    with pytest.raises(ConfigError, match=r"is not UTF-8 .*name its encoding with --encoding"):
        survey(row_file(path, form=None, encoding=None))


def test_one_damaged_line_in_a_file_that_is_utf_8_costs_that_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, "rows.csv", b"text\ncaf\xc3\xa9\ncaf\xe9\n")

    assert survey(row_file(path, form=None, encoding=None)) == Survey(2, ("text",))


def test_every_column_of_a_file_is_known_before_its_rows_are_sent(tmp_path: Path) -> None:
    path = a_file(tmp_path, "rows.jsonl", b'{"id": 1}\nbroken\n{"text": "a"}\n')

    assert survey(row_file(path, form=None, encoding=None)) == Survey(3, ("id", "text"))


@pytest.mark.parametrize(
    ("name", "encoding", "content", "complaint"),
    [
        ("rows.xlsx", None, b"", r"rows are read from \.csv and \.jsonl.*--as csv or --as jsonl"),
        ("rows.csv", "latin-15000", b"", r"--encoding latin-15000: there is no such encoding"),
        ("rows.csv", "base64", b"text\n", r"--encoding base64: there is no such encoding"),
        ("rows.csv", "utf-16", b"text\nodd", r"is no text in utf-16; name its own with --encoding"),
        ("rows.csv", "cp1252", b"\xef\xbb\xbftext\nhello\n", r"is utf-8, .*leave --encoding out"),
        ("rows.csv", "cp1252", TEXT.encode("utf-16"), r"is utf-16, not cp1252: add --encoding utf-16"),
        ("fake.csv.gz", None, b"text\nhello\n", r"fake\.csv\.gz can't be read: Not a gzipped file"),
        ("cut.csv.gz", None, gzip.compress(b"text\nhello\n" * 99)[:-12], r"can't be read: Compressed file"),
        ("odd.csv.gz", None, gzip.compress(b"x" * 99)[:10] + b"odd" * 99, r"can't be read: Error -3"),
    ],
)
def test_what_can_not_be_read_is_said_in_one_line(
    tmp_path: Path, name: str, encoding: str | None, content: bytes, complaint: str
) -> None:
    path = a_file(tmp_path, name, content)

    with pytest.raises(ConfigError, match=complaint):
        rows(path, encoding=encoding)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.csv can't be read: No such file"):
        rows(tmp_path / "gone.csv")


def test_a_file_that_has_to_be_whole_is_refused_at_its_first_broken_row(tmp_path: Path) -> None:
    path = a_file(tmp_path, "rows.csv", b"text,label\nhello,1\nbye\n")

    with pytest.raises(ConfigError, match=r"^rows\.csv line 3: 1 cell"):
        list(whole_rows(path))


def test_standard_input_needs_to_be_told_what_it_holds() -> None:
    with pytest.raises(ConfigError, match=r"csv or jsonl\? add --as csv or --as jsonl"):
        row_file(STANDARD_INPUT, form=None, encoding=None)


def test_standard_input_is_read_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    given = a_pipe(b"text,id\nhello,1\nbye\n")
    monkeypatch.setattr(sys, "stdin", given)
    file = row_file(STANDARD_INPUT, form=Form.CSV, encoding=None)

    found, left_out = file.rows()

    assert found == Found(1, "standard input line 2", {"text": "hello", "id": "1"})
    assert isinstance(left_out, LeftOut)
    assert not file.reads_twice
    assert given.read() == ""
    given.close()


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "rows.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"text\nhello\n",))
    writer.start()
    file = row_file(pipe, form=None, encoding=None)

    assert not file.reads_twice
    assert [read.row for read in file.rows() if isinstance(read, Found)] == [{"text": "hello"}]
    writer.join()


@pytest.mark.parametrize(("name", "expected"), CASES.items())
def test_files_of_the_field_lose_the_rows_that_are_broken_and_no_other(
    cases_dir: Path, name: str, expected: tuple[int, list[int]]
) -> None:
    reads = list(row_file(cases_dir / name, form=None, encoding=None).rows())

    left_out = [read for read in reads if isinstance(read, LeftOut)]
    lines = [int(read.place.rpartition(" ")[2]) for read in left_out]
    assert (len(reads) - len(left_out), lines) == expected


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("cp1252.csv", "--encoding cp1252 that line reads: I can\u2019t pay 20 \u20ac today"),
        ("utf16.csv", "--encoding utf-16$"),
        ("xlsx_as.csv", "Excel workbook"),
        ("gznamed.csv", r"\.csv\.gz"),
    ],
)
def test_files_of_the_field_in_other_encodings_get_the_right_cure(
    cases_dir: Path, name: str, cure: str
) -> None:
    with pytest.raises(ConfigError, match=cure):
        survey(row_file(cases_dir / "csv-encodings" / name, form=None, encoding=None))


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("cp1252.csv", "cp1252", "I can\u2019t pay 20 \u20ac today"),
        ("utf16.csv", "utf-16", "Where is my card?"),
    ],
)
def test_the_cure_brings_files_of_the_field_in_whole(
    cases_dir: Path, name: str, encoding: str, text: str
) -> None:
    path = cases_dir / "csv-encodings" / name

    assert rows(path, encoding=encoding) == [{"text": text, "customer_id": "k1"}]
