"""Mapping of rows to events."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, ValidationError

from shared.catalogue import ALIASES
from shared.clock import Clock
from shared.errors import ConfigError, RejectedError
from shared.events import INPUTS, Event
from shared.reasons import Reason
from tidemill.reading.files import printable
from tidemill.reading.found import Found, Row
from tidemill.reading.times import as_time

NAMESPACE = UUID("6f1c7c5e-6f0f-5d2a-9a40-7d5b0e7b1c11")
"""Namespace of event ids, which are made from file, row and content: a file played twice has the same ids."""

_SOURCE_CHARS = 150
"""How much of a file's name the ids of its rows hold: a name may be longer than such a field."""


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
    """Name of the column in which a field stands; without an entry it has the field's name."""

    constants: Mapping[str, str] = field(default_factory=dict)
    """Values of fields that are the same in every row, whatever its columns say."""

    zone: ZoneInfo | None = None
    """Time zone of times that name none."""

    def __post_init__(self) -> None:
        if unknown := sorted((set(self.columns) | set(self.constants)) - set(self.to.model_fields)):
            raise ConfigError(f"{self.to.name} has no field {', '.join(unknown)}; it has {_listed(self.to)}")
        for name, value in self.constants.items():
            if value != printable(value):
                raise ConfigError(f"--set {name}={printable(value)}: not UTF-8")

    def check(self, columns: Collection[str]) -> None:
        """Raise ConfigError when columns are missing; it names them and the cure."""
        required = {name for name, about in self.to.model_fields.items() if about.is_required()}
        open_fields = required - set(self._defaults(0, {})) - set(self.constants)
        needed = {self.columns.get(name, name) for name in open_fields} | set(self.columns.values())
        if missing := sorted(needed - set(columns)):
            raise ConfigError(
                f"{self.source} has no column {', '.join(missing)}; it has {', '.join(columns)}. "
                "Say where a field stands with --column FIELD=COLUMN, or what it is with --set FIELD=VALUE"
            )

    def event(self, found: Found) -> Event:
        """Return the event of a row. Raises RejectedError, with the place, when its values do not fit."""
        given = {name: found.row.get(self.columns.get(name, name)) for name in self.to.model_fields}
        filled = {name: value for name, value in given.items() if value is not None and value != ""}
        filled |= self.constants
        try:
            defaults = self._defaults(found.number, filled)
            return self.to.model_validate(defaults | filled | self._times(filled))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where, why = ".".join(map(str, first["loc"])), first["msg"]
            raise RejectedError(Reason.WRONG_SHAPE, f"{found.place}: {where}: {why}") from None
        except (ValueError, RecursionError) as error:
            raise RejectedError(Reason.WRONG_SHAPE, f"{found.place}: {error}") from None

    def _times(self, filled: Row) -> dict[str, object]:
        """Return the times among the values, with a zone. Raises ValueError when one has none."""
        times: dict[str, object] = {}
        for name, about in self.to.model_fields.items():
            if name in filled and about.annotation is AwareDatetime:
                try:
                    times[name] = as_time(filled[name], self.zone)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
        return times

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


def _listed(event: type[Event]) -> str:
    return ", ".join(event.model_fields)
