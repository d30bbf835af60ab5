"""Answers of actions: parts of a page that htmx swaps in, and the fault of a call in one line."""

from collections.abc import Awaitable
from typing import Any

from fastapi.responses import Response

from services.dashboard.gateway import Answer
from services.dashboard.site import Site
from shared.errors import RetryableError


async def asked(call: Awaitable[Answer]) -> tuple[Any, str]:
    """Return the body of the gateway's answer and an empty fault, or None and the fault with its cure."""
    try:
        answer = await call
    except RetryableError as error:
        return None, f"{error}: look at it, and try again"
    return (answer.body, "") if answer.is_fine else (None, answer.why)


def said(site: Site, text: str, *, tone: str, done: str | None = None) -> Response:
    """Return a sentence for the page's place of outcomes; `done` is the id of an element that goes away."""
    return site.html("said.html", {"text": text, "tone": tone, "done": done})
