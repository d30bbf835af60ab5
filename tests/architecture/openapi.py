"""docs/openapi.json from the routes of the gateway: `python -m tests.architecture.openapi` writes it."""

import inspect
import json
from pathlib import Path
from typing import Any, Self

from services.gateway.api import application
from services.gateway.app import routers

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


class Unused:
    """Collaborator of the routes that a document never calls."""

    def __getattr__(self, name: str) -> Self:
        return self


def document() -> dict[str, Any]:
    """Return the document that the gateway serves at `/openapi.json`."""
    collaborators: Any = {name: Unused() for name in inspect.signature(routers).parameters}
    return application(routers(**collaborators)).openapi()


def text() -> str:
    """Return the document as it is written."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
