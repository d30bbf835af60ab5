"""Golden examples: one real record of each event, which every later reader must understand."""

import json
from pathlib import Path
from typing import Any

from shared.events import Event

FOLDER = Path(__file__).with_name("examples")


def example(event: type[Event]) -> dict[str, Any]:
    """Return `headers` and `payload` of the golden example of an event."""
    record: dict[str, Any] = json.loads((FOLDER / f"{event.name}.json").read_text(encoding="utf-8"))
    return record
