"""Conversation: its messages in order, what was decided about each and why, and the replies."""

from collections.abc import Mapping
from typing import Any

from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from services.dashboard.views.support import prediction_of


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    which = ask.get("id")
    found = [each for each in state.results.messages.entries() if each.event.conversation_id == which]
    return {
        "conversation_id": which,
        "messages": sorted(found, key=lambda each: (each.event.received_at, each.at)),
        "corrections": state.results.corrections,
        "prediction_of": prediction_of,
    }


PAGE = Page(
    path="conversation",
    title="Conversation",
    template="conversation.html",
    values=values,
    filters=("id",),
    beneath="support",
    is_listed=False,
)
