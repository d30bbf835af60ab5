"""Files stay under 300 lines and functions under 40."""

from pathlib import Path

from tests.architecture.sizes import Piece, measure, pieces, too_long

ROOT = Path(__file__).parents[2]


def test_no_file_and_no_function_is_too_long() -> None:
    files, functions = measure(ROOT)

    assert too_long(files, functions) == []


def test_a_function_is_measured_from_its_def_to_its_last_line(tmp_path: Path) -> None:
    source = tmp_path / "one.py"
    source.write_text("@cache\ndef f():\n    x = 1\n    return x\n")

    file, functions = pieces(source)

    assert (file.lines, [function.lines for function in functions]) == (4, [3])


def test_what_is_too_long_is_named_longest_first() -> None:
    files = [Piece("long.py", 301), Piece("short.py", 300)]
    functions = [Piece("huge", 400), Piece("fine", 40)]

    assert [piece.where for piece in too_long(files, functions)] == ["huge", "long.py"]
