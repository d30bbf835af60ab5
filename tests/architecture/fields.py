"""Fields of a class for the generated pages: their docstrings, bounds and choices."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any


def field_docstrings(model: type) -> dict[str, str]:
    """Return the string underneath each field of a model or member of an enumeration, on one line."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner.__module__.partition(".")[0] in {"services", "shared", "tidemill"}:
            (definition,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
            found |= dict(_documented(definition))
    return found


def _documented(definition: ast.stmt) -> Iterator[tuple[str, str]]:
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


_BOUNDS = {
    "minimum": "at least {:.12g}",
    "exclusiveMinimum": "above {:.12g}",
    "maximum": "at most {:.12g}",
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
}


def bounds(field: Mapping[str, Any]) -> str:
    """Return in words what the JSON Schema of a field demands of its value; empty where that is nothing."""
    return " and ".join(text.format(field[name]) for name, text in _BOUNDS.items() if name in field)


def choices(values: list[str]) -> str:
    """Return the values of an enumeration."""
    return ", ".join(f"`{value}`" for value in values)
