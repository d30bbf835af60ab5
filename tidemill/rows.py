"""Rows of a file, or images of a folder, become the events that they mean."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from PIL import Image
from pydantic import ValidationError

from shared.catalogue import ALIASES
from shared.clock import Clock
from shared.errors import ConfigError, RejectedError
from shared.events import INPUTS, Event, ImageKind
from shared.inference.image import FORMATS
from shared.reasons import Reason

Row = Mapping[str, Any]

NAMESPACE = UUID("6f1c7c5e-6f0f-5d2a-9a40-7d5b0e7b1c11")
"""Event ids are made in it from file, row and content, so a file played twice is recognised."""

_SOURCE_CHARS = 150
"""Of a file's name, in what tells its rows apart; a name may be longer than such a field."""


def event_type(topic: str) -> type[Event]:
    """Return the class of an input topic, also by its short name. Raises ConfigError listing them."""
    known = {event.name: event for event in INPUTS}
    known |= {alias: known[name] for alias, (name, *_) in ALIASES.items() if name in known}
    if topic not in known:
        raise ConfigError(f"{topic} takes no input; choose one of {', '.join(known)}")
    return known[topic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapper:
    """Makes events of one type out of rows."""

    to: type[Event]
    source: str
    clock: Clock
    columns: Mapping[str, str] = field(default_factory=dict)
    """In which column a field stands."""

    constants: Mapping[str, str] = field(default_factory=dict)
    """What a field is in every row, whatever stands there."""

    def __post_init__(self) -> None:
        if unknown := sorted((set(self.columns) | set(self.constants)) - set(self.to.model_fields)):
            raise ConfigError(f"{self.to.name} has no field {', '.join(unknown)}; it has {_listed(self.to)}")

    def check(self, row: Row) -> None:
        """Look at the first row. Raises ConfigError naming the columns that are missing and the cure."""
        required = {name for name, about in self.to.model_fields.items() if about.is_required()}
        open_fields = required - set(self._defaults(0, {})) - set(self.constants)
        needed = {self.columns.get(name, name) for name in open_fields} | set(self.columns.values())
        if missing := sorted(needed - set(row)):
            raise ConfigError(
                f"{self.source} has no column {', '.join(missing)}; it has {', '.join(row)}. "
                "Say where a field stands with --column FIELD=COLUMN, or what it is with --set FIELD=VALUE"
            )

    def event(self, row: Row, number: int) -> Event:
        """Return row `number`, counted from 1. Raises RejectedError when its values are no such event."""
        given = {name: row.get(self.columns.get(name, name)) for name in self.to.model_fields}
        filled = {name: value for name, value in given.items() if value is not None and value != ""}
        filled |= self.constants
        try:
            return self.to.model_validate(self._defaults(number, filled) | filled)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise RejectedError(Reason.WRONG_SHAPE, f"row {number}: {where}: {first['msg']}") from None

    def _defaults(self, number: int, filled: Row) -> dict[str, Any]:
        source = self.source[:_SOURCE_CHARS]
        name = f"{source}:{number}"
        own: dict[str, Any] = {
            "conversation_id": name,
            "case_id": name,
            "source": source,
            "occurred_at": self.clock(),
        }
        if "event_id" not in filled:  # images come with one, and their content is long
            content = json.dumps(filled, sort_keys=True, default=str)
            own["event_id"] = uuid5(NAMESPACE, f"{name} {content}")
        return {key: value for key, value in own.items() if key in self.to.model_fields}


def images(folder: Path) -> list[Path]:
    """Return the files of a folder and of those below it that are by name images we can read, sorted."""
    suffixes = {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS}
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)


def image_rows(folder: Path, kind: ImageKind) -> Iterator[Row]:
    """Yield one row an image, read when its turn comes; its name is the case."""
    for path in images(folder):
        name, content = str(path.relative_to(folder)), base64.b64encode(path.read_bytes()).decode()
        event_id = uuid5(NAMESPACE, f"{folder.name}/{name} {content}")
        yield {"event_id": event_id, "case_id": name, "kind": kind, "content": content}


def _listed(event: type[Event]) -> str:
    return ", ".join(event.model_fields)
