"""Corrections: how many results wait for a person; the list itself keeps still while somebody works."""

from collections.abc import Mapping
from typing import Any

from services.dashboard.state.state import State
from services.dashboard.views.doubt import KINDS, doubts
from services.dashboard.views.page import Ask, Page


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    kind = ask.get("kind")
    chosen = kind if kind in KINDS else None
    return {
        "kinds": KINDS,
        "chosen": chosen,
        "waiting_count": len(doubts(state.results, chosen)),
        "corrected_count": sum(1 for _ in state.results.corrections.all()),
        "nameless_count": sum(1 for each in state.results.corrections.all() if each.corrected_by is None),
    }


PAGE = Page(
    path="corrections", title="Corrections", template="corrections.html", values=values, filters=("kind",)
)
