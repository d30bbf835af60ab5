"""Markdown of the studies' pages."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

_WIDTH = 110
console = Console(stderr=True)


def paragraph(*sentences: str) -> str:
    """Return sentences as lines of at most 110 characters."""
    return textwrap.fill(" ".join(sentences), _WIDTH, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, one line a row."""
    lines = (columns, ["---"] * len(columns), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write_page(path: Path, *parts: str) -> None:
    """Write the parts of a page, separated by empty lines."""
    write_text(path, "\n\n".join(parts) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, and its folder when it is missing; print its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    console.print(f"written: {path}")
