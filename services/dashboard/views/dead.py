"""Dead letters: how many came of late; the list is asked of the gateway, with the viewer's key."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from shared.catalogue import ALIASES, DEAD_TOPICS
from shared.events import DEAD_SUFFIX
from shared.keys.scope import Scope
from shared.letters.cures import CURES

FILTERS = ("topic", "reason", "since", "until", "text", "order", "after")
_REASON_HEADER = "tidemill-reason"


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    of_late = [record for topic in DEAD_TOPICS for record in state.latest.records(topic)]
    reasons = Counter(
        value.decode(errors="replace")
        for record in of_late
        for name, value in record.headers
        if name == _REASON_HEADER and value
    )
    return {
        "topics": _topic_names(),
        "reasons": [reason.value for reason in CURES],
        "counts": reasons.most_common(),
        "dead_count": sum(flow_window_dead(state)),
        "filters": {name: ask.get(name) or "" for name in FILTERS},
    }


def flow_window_dead(state: State) -> list[int]:
    """Return the dead letters of each stream in the last five minutes."""
    return [
        sum(bucket.dead for bucket in flow.window.until(state.now_ms)) for flow in state.flow.streams.values()
    ]


def _topic_names() -> list[str]:
    """Return the names of topics that have dead letters, the short one where there is one."""
    aliases = {topics[0]: alias for alias, topics in ALIASES.items() if len(topics) == 1}
    return [aliases.get(plain, plain) for plain in (topic.removesuffix(DEAD_SUFFIX) for topic in DEAD_TOPICS)]


PAGE = Page(
    path="dead",
    title="Dead letters",
    template="dead.html",
    values=values,
    filters=FILTERS,
    needs=Scope.DEAD_READ,
)
