"""Recognition of files that are not UTF-8 text, by their first bytes."""

import codecs
from dataclasses import dataclass

_SHEET_CURE = "save it as CSV UTF-8 in the spreadsheet"

_SIGNATURES = (
    (b"\x1f\x8b", "gzip data", "give it a name that ends in .csv.gz or .jsonl.gz, or unpack it: gzip -d"),
    (b"\x28\xb5\x2f\xfd", "zstd data", "unpack it: zstd -d"),
    (b"BZh", "bzip2 data", "unpack it: bzip2 -d"),
    (b"\xfd7zXZ\0", "xz data", "unpack it: xz -d"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls)", _SHEET_CURE),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV: sqlite3 -csv -header"),
    (b"%PDF", "a PDF document", "export its rows as CSV"),
    (b"PAR1", "a Parquet file", "export it as CSV or JSON Lines"),
    (b"Obj\x01", "an Avro file", "export it as CSV or JSON Lines"),
    (b"ARROW1", "an Arrow file", "export it as CSV or JSON Lines"),
    (b"\xff\xd8\xff", "a JPEG image", "images are played from a folder"),
    (b"\x89PNG", "a PNG image", "images are played from a folder"),
    (b"GIF8", "a GIF image", "images are played from a folder"),
)

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)

# Text without a mark, by the places of its zero bytes among four: most letters have small numbers.
_ZEROS = (
    ((False, True, True, True), "utf-32-le"),
    ((True, True, True, False), "utf-32-be"),
    ((False, True, False, True), "utf-16-le"),
    ((True, False, True, False), "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class NoText:
    """Something else than text."""

    what: str
    cure: str


def no_text(head: bytes) -> NoText | None:
    """Return what the file is when it is a known kind of binary file, and the cure."""
    if head.startswith(b"PK\x03\x04"):
        return _archive(head)
    found = (NoText(what, cure) for start, what, cure in _SIGNATURES if head.startswith(start))
    return next(found, None)


def unicode_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark or the places of zero bytes show; None when nothing does."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[: len(head) // 4 * 4][:400]
    shares = [sample[place::4].count(0) / max(1, len(sample) // 4) for place in range(4)]
    zeros = tuple(share > 0.6 for share in shares)
    return next((encoding for pattern, encoding in _ZEROS if zeros == pattern), None)


def _archive(head: bytes) -> NoText:
    """Return which kind of zip archive this is, by the names of its first files."""
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return NoText("an Excel workbook (.xlsx)", _SHEET_CURE)
    if b"opendocument.spreadsheet" in head:
        return NoText("an OpenDocument spreadsheet (.ods)", _SHEET_CURE)
    return NoText("a zip archive", "unpack it: unzip")
