"""An event of the tests' own, for streams that are no service."""

import json
from datetime import UTC, datetime
from typing import ClassVar
from uuid import NAMESPACE_OID, uuid5

from shared.bus.record import Outgoing, Record
from shared.events import Event

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Said(Event):
    """Someone said something."""

    name: ClassVar[str] = "in"
    key_field: ClassVar[str] = "speaker"

    speaker: str
    text: str


def said_on(topic: str) -> type[Said]:
    """Return the event of a topic."""
    return type("SaidOnTopic", (Said,), {"__annotations__": {"name": ClassVar[str]}, "name": topic})


def said(text: str, *, speaker: str = "k", on: type[Said] = Said) -> Said:
    """Return an event; the same text has the same id."""
    return on(event_id=uuid5(NAMESPACE_OID, text), occurred_at=AT, speaker=speaker, text=text)


def record_of(event: Event) -> Outgoing:
    """Return the record of an event, as a sender writes it that knows no header."""
    return Outgoing(event.name, event.key, event.to_json())


def text_of(record: Record | Outgoing) -> str:
    """Return what was said in a record; the value itself where it is no such event."""
    value = (record.value or b"").decode()
    try:
        return str(json.loads(value)["text"])
    except (ValueError, KeyError, TypeError):
        return value
