"""Docstrings begin with the thing that they are about."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sizes import sources

ROOT = Path(__file__).parents[2]
RIDDLE = re.compile(r"(What|Whose|Whom|Who|One that|Such)\b")


def docstrings(path: Path) -> list[str]:
    """Return every string of a file that stands alone as a statement."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    values = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]


@pytest.mark.parametrize("folder", sorted({path.relative_to(ROOT).parts[0] for path in sources(ROOT)}))
def test_no_docstring_begins_with_a_question(folder: str) -> None:
    paths = [path for path in sources(ROOT) if path.relative_to(ROOT).parts[0] == folder]

    riddles = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in paths
        for text in docstrings(path)
        if RIDDLE.match(text)
    ]

    assert riddles == []
