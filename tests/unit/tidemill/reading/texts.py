"""Text as it is read from a file."""

from io import BytesIO, TextIOWrapper


def a_text(content: str | bytes) -> TextIOWrapper:
    """Return a stream of text that is opened as `RowFile` opens files."""
    raw = content.encode() if isinstance(content, str) else content
    return TextIOWrapper(BytesIO(raw), encoding="utf-8", errors="surrogateescape", newline="")
