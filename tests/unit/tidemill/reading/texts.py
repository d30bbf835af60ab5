"""Text as it is read from a file or a pipe."""

import os
from io import BytesIO, TextIOWrapper


def a_text(content: str | bytes) -> TextIOWrapper:
    """Return a stream of text that is opened as `RowFile` opens files."""
    raw = content.encode() if isinstance(content, str) else content
    return TextIOWrapper(BytesIO(raw), encoding="utf-8", errors="surrogateescape", newline="")


def a_pipe(content: bytes) -> TextIOWrapper:
    """Return the end of a pipe from which the bytes can be read, as standard input is opened."""
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(content)
    return os.fdopen(read_end, encoding="utf-8")
