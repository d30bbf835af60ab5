"""Support: queues and lanes of the newest messages, and the messages themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services.dashboard.state.shelf import Entry
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from shared.events import Lane, Prediction, Priority, SupportMessageRouted

Messages = Sequence[Entry[SupportMessageRouted]]

_LISTED = 60
FILTERS = ("queue", "lane", "priority", "label")


@dataclass(frozen=True, slots=True)
class Queue:
    """Messages of a team by lane."""

    name: str
    lanes: tuple[int, ...]
    """Number of messages of each lane, in the order of `Lane`."""

    urgent: int

    @property
    def total(self) -> int:
        """Return the number of its messages."""
        return sum(self.lanes)


def prediction_of(message: SupportMessageRouted) -> Prediction | None:
    """Return the intent of a message, or the sentiment of a review."""
    return message.intent or message.sentiment


def queues(messages: Iterable[Entry[SupportMessageRouted]]) -> list[Queue]:
    """Return the queues of messages, the longest first."""
    counts: Counter[tuple[str, Lane]] = Counter()
    urgent: Counter[str] = Counter()
    for entry in messages:
        counts[entry.event.queue, entry.event.lane] += 1
        urgent[entry.event.queue] += entry.event.priority is Priority.URGENT
    found = [
        Queue(name, tuple(counts[name, lane] for lane in Lane), urgent[name])
        for name in {queue for queue, _ in counts}
    ]
    return sorted(found, key=lambda queue: (-queue.total, queue.name))


def selected(messages: Messages, ask: Ask) -> Messages:
    """Return the messages that fit the filters of the address."""
    wanted = {name: value for name in FILTERS if (value := ask.get(name)) is not None}
    return [entry for entry in messages if wanted.items() <= _facts(entry.event).items()]


def _facts(message: SupportMessageRouted) -> dict[str, str]:
    prediction = prediction_of(message)
    return {
        "queue": message.queue,
        "lane": message.lane.value,
        "priority": message.priority.value,
        "label": prediction.label if prediction else "",
    }


def address(ask: Ask, **changed: str | None) -> str:
    """Return the address of this page with other filters; None takes one away."""
    filters = dict(ask.filters) | changed
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"/support?{query}" if query else "/support"


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    messages = state.results.messages.entries()
    found = selected(messages, ask)
    labels = Counter(prediction.label for each in messages if (prediction := prediction_of(each.event)))
    return {
        "queues": queues(messages),
        "lanes": tuple(Lane),
        "priorities": tuple(Priority),
        "labels": sorted(labels),
        "message_count": len(messages),
        "found_count": len(found),
        "messages": found[:_LISTED],
        "corrections": state.results.corrections,
        "prediction_of": prediction_of,
        "address": lambda **changed: address(ask, **changed),
    }


PAGE = Page(path="support", title="Support", template="support.html", values=values, filters=FILTERS)
