"""docs/reference.html from the two documents: `python -m tests.architecture.reference` writes it.

One page for people, without script and without an address outside.
"""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from tests.architecture import asyncapi, openapi
from tests.architecture.fields import bounds

PAGE = Path(__file__).parents[2] / "docs" / "reference.html"
TEMPLATE = "reference.html.jinja"


def page() -> str:
    """Return the page of the documents as they are written."""
    http, events = (json.loads(each.DOCUMENT.read_text(encoding="utf-8")) for each in (openapi, asyncapi))
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, keep_trailing_newline=True)
    environment.filters |= {"bounds": bounds, "prose": prose}
    return environment.get_template(TEMPLATE).render(http=http, events=events, directions=_directions(events))


def prose(text: str | None) -> Markup:
    """Return text as HTML, with what stands between backticks as code."""
    parts = (text or "").split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def _directions(events: dict[str, Any]) -> dict[str, str]:
    """Return whether you send or receive the events of each topic."""
    return {
        operation["channel"]["$ref"].removeprefix("#/channels/"): operation["action"]
        for operation in events["operations"].values()
    }


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
