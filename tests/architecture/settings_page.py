"""docs/settings.md from the settings classes: `python -m tests.architecture.settings_page` writes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.settings import ServiceSettings
from tests.architecture.fields import bounds, choices, field_docstrings
from tests.support.settings import SETTINGS
from tidemill.connect import Connection

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

Every setting is an environment variable, read once at the start. A name that no service knows, or a value
that makes no sense, stops the start with one line that names the variable and the cure, and exit code 2;
nothing is connected to before. No such line shows a value. One environment may hold the settings of all
services: each passes over those of the others. This page is generated from the classes
(`python -m tests.architecture.settings_page`).

`docker --env-file` keeps quotes around a value, and `docker compose` takes them off: write values without
quotes, which works with both. An empty variable is wrong, except where a table below says what empty means.

Secrets need not stand in the environment: `TIDEMILL_SECRETS_DIR` names a folder, such as a mounted secret of
Kubernetes or Docker, that has a file for each, called like its variable (`TIDEMILL__KAFKA__PASSWORD`). White
space around its content is cut off, and a variable overrules a file. A folder or a file that can't be read,
is no text or has a misspelt name stops the start and is named. Files whose names do not begin with
`TIDEMILL`, such as a certificate, may lie beside them and are not read. Links that lead out of the folder
are not followed.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of a table."""

    variable: str
    default: str
    allowed: str
    meaning: str


def settings_of(
    model: type[BaseModel], path: tuple[str, ...] = ("tidemill",), usual: BaseModel | None = None
) -> Iterator[Setting]:
    """Yield every setting below a class, groups before what they hold.

    `usual` holds the defaults of a group where its owner gives it others than its class does.
    """
    meanings, schema = field_docstrings(model), model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        here = (*path, name)
        default = field.default if usual is None else getattr(usual, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            group = default if isinstance(default, BaseModel) else None
            yield from settings_of(field.annotation, here, group)
        else:
            variable, allowed = "__".join(here).upper(), _allowed(schema[name])
            yield Setting(variable, _default(default), allowed, meanings.get(name, ""))


def _default(value: object) -> str:
    if isinstance(value, Path) and value.is_absolute():
        value = value.relative_to(ROOT)
    return f"`{value}`" if value else ""


def _allowed(field: Mapping[str, Any]) -> str:
    """Return which values a setting may have; empty where any of its type will do."""
    if "enum" in field:
        return choices(field["enum"])
    return next(filter(None, map(bounds, field.get("anyOf", [field]))), "")


def page() -> str:
    """Return the page: what all services share first, then what each has of its own."""
    shared = list(settings_of(ServiceSettings))
    parts = [HEAD, _table("All services", shared)]
    for name, model in _named_settings():
        own = [setting for setting in settings_of(model) if setting not in shared]
        parts.append(_table(name, own))
    return "\n".join(parts)


def _named_settings() -> Iterator[tuple[str, type[BaseModel]]]:
    for module, settings in SETTINGS.items():
        yield module.rpartition(".")[2], settings
    yield "tidemill, the command line", Connection


def _table(title: str, settings: list[Setting]) -> str:
    rows = [f"| `{each.variable}` | {each.default} | {each.allowed} | {each.meaning} |" for each in settings]
    head = ["| variable | default | allowed | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {title}", "", *head, *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
