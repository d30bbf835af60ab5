"""Our own size numbers: `python -m tests.architecture.sizes` prints them and fails on what is too long."""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDERS = (
    "benchmarks",
    "clients",
    "deploy",
    "evaluation",
    "services",
    "shared",
    "tests",
    "tidemill",
    "training",
)
FILE_MAX_LINES = 300
FUNCTION_MAX_LINES = 40


@dataclass(frozen=True, slots=True)
class Piece:
    """A file or a function, and how many lines it takes."""

    where: str
    lines: int


def pieces(path: Path) -> tuple[Piece, list[Piece]]:
    """Return the file itself and every function in it; decorators are not counted, docstrings are."""
    source = path.read_text(encoding="utf-8")
    functions = [
        Piece(f"{path}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return Piece(str(path), len(source.splitlines())), functions


def sources(root: Path) -> Iterator[Path]:
    """Return our Python files, sorted within each folder."""
    for folder in FOLDERS:
        yield from sorted((root / folder).rglob("*.py"))


def measure(root: Path) -> tuple[list[Piece], list[Piece]]:
    """Return all files that hold code, and all functions."""
    found = [pieces(path) for path in sources(root)]
    files = [file for file, _ in found if file.lines > 1]
    return files, [function for _, functions in found for function in functions]


def too_long(files: Sequence[Piece], functions: Sequence[Piece]) -> list[Piece]:
    """Return what is over its limit, longest first."""
    over = [file for file in files if file.lines > FILE_MAX_LINES]
    over += [function for function in functions if function.lines > FUNCTION_MAX_LINES]
    return sorted(over, key=lambda piece: -piece.lines)


def row(name: str, found: Sequence[Piece]) -> str:
    """Return one line of the table: count, median, p90 and maximum of the lengths."""
    lengths = sorted(piece.lines for piece in found)
    p90 = lengths[int(0.9 * (len(lengths) - 1))]
    return f"{name:<10}{len(lengths):>6}{statistics.median(lengths):>8.0f}{p90:>6}{lengths[-1]:>6}"


def main() -> int:
    """Print the table; return 1 when something is too long."""
    files, functions = measure(Path())
    table = ["lines      count  median   p90   max", row("files", files), row("functions", functions)]
    table += [f"too long: {piece.lines:>4}  {piece.where}" for piece in too_long(files, functions)]
    sys.stdout.write("\n".join(table) + "\n")
    return int(bool(too_long(files, functions)))


if __name__ == "__main__":
    sys.exit(main())
