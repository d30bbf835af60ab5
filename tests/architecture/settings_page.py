"""docs/settings.md from the settings classes: `python -m tests.architecture.settings_page` writes it."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel

from services.inference.settings import Settings as InferenceSettings
from services.sentiment_alerts.settings import Settings as AlertsSettings
from services.support_bot.settings import Settings as BotSettings
from shared.settings import ServiceSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
SERVICES: tuple[tuple[str, type[ServiceSettings]], ...] = (
    ("inference", InferenceSettings),
    ("support_bot", BotSettings),
    ("sentiment_alerts", AlertsSettings),
)
HEAD = """# Settings

Every setting is an environment variable, read once at the start. A name that does not exist inside a group,
or a value that makes no sense, stops the start with one line that names the variable and exit code 2. This
page is generated from the classes (`python -m tests.architecture.settings_page`).

Secrets need not stand in the environment: `TIDEMILL_SECRETS_DIR` names a folder, such as a mounted secret of
Kubernetes or Docker, that has a file for each, called like its variable (`TIDEMILL__KAFKA__PASSWORD`). White
space around its content is cut off, a variable overrules a file, and a folder that is not there or can't be
read stops the start. Links that lead out of the folder are not followed.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of a table."""

    variable: str
    default: str
    meaning: str


def settings_of(model: type[BaseModel], path: tuple[str, ...] = ("tidemill",)) -> Iterator[Setting]:
    """Yield every setting below a class, groups before what they hold."""
    meanings = field_docstrings(model)
    for name, field in model.model_fields.items():
        here = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, here)
        else:
            default = "" if field.default is None else f"`{field.default}`"
            yield Setting("__".join(here).upper(), default, meanings.get(name, ""))


def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the string underneath each field, on one line."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner.__module__.partition(".")[0] in {"services", "shared"}:
            (definition,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
            found |= dict(_documented(definition))
    return found


def _documented(definition: ast.stmt) -> Iterator[tuple[str, str]]:
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())


def page() -> str:
    """Return the page: what all services share first, then what each has of its own."""
    shared = list(settings_of(ServiceSettings))
    parts = [HEAD, _table("All services", shared)]
    for name, model in SERVICES:
        own = [setting for setting in settings_of(model) if setting not in shared]
        parts.append(_table(name, own))
    return "\n".join(parts)


def _table(title: str, settings: list[Setting]) -> str:
    rows = [f"| `{each.variable}` | {each.default} | {each.meaning} |" for each in settings]
    return "\n".join(
        [f"## {title}", "", "| variable | default | meaning |", "| --- | --- | --- |", *rows, ""]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
