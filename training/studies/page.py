"""How the page of a study is made: Markdown out of figures."""

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
    """Write parts of a page with an empty line between them."""
    write_text(path, "\n\n".join(parts) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file, its folder too where there is none, and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    console.print(f"written: {path}")
