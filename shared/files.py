"""Writes files that are never seen half-written."""

from pathlib import Path


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file, its folder too where there is none; until it is whole, an older one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)
