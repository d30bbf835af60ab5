"""python -m tests.contract.schemas: writes the golden JSON Schemas, unless an event broke its promise."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.events import BY_NAME, Event
from tests.contract.compatibility import incompatibilities

FOLDER = Path(__file__).with_name("schemas")
COMMAND = "make schemas"


def golden_file(event: type[Event]) -> Path:
    """Return where the schema of `event` is kept."""
    return FOLDER / f"{event.name}.json"


def golden(event: type[Event]) -> dict[str, Any]:
    """Return the schema that was promised."""
    schema: dict[str, Any] = json.loads(golden_file(event).read_text())
    return schema


def current(event: type[Event]) -> dict[str, Any]:
    """Return the schema of what readers of `event` accept today."""
    head = {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:tidemill:{event.name}"}
    return head | event.model_json_schema()


def main() -> None:
    """Write every schema; end with 1 and write none when a promised one would be broken."""
    promised = [event for event in BY_NAME.values() if golden_file(event).exists()]
    broken = [
        f"{event.name}: {reason}"
        for event in promised
        for reason in incompatibilities(golden(event), current(event))
    ]
    if broken:
        sys.exit("\n".join([*broken, "Subscribers rely on this: publish the next version as a new class."]))
    FOLDER.mkdir(exist_ok=True)
    for event in BY_NAME.values():
        golden_file(event).write_text(json.dumps(current(event), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
