"""Correcting of one result: the page that "correct" beside a decision leads to."""

from collections.abc import Mapping
from typing import Any

from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    del state
    return {"place": dict(ask.filters)}


PAGE = Page(
    path="correct",
    title="Correct a decision",
    template="correct.html",
    values=values,
    filters=("topic", "partition", "offset"),
    beneath="corrections",
    is_listed=False,
)
