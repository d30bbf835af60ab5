"""Writes files that are never seen half-written."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes | memoryview, *, mode: int | None = None) -> None:
    """Write a file, its folder too where there is none; until it is whole, an older one stays.

    `mode` is that of the file from its first byte on; without it the umask decides.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode or 0o666), "wb") as file:
        if mode is not None:  # one that a crash left has a mode of its own
            os.fchmod(file.fileno(), mode)
        file.write(content)
    aside.replace(path)
