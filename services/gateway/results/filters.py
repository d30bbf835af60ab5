"""Filter of a stream: which results a subscriber wants. Pure: no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.events import RESULTS

RESULT_TOPICS: Final = tuple(event.name for event in RESULTS)

_PREDICTIONS: Final = ("intent", "sentiment", "topic", "label")
"""Fields of results that hold a prediction, or its label alone."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on a result; each that is set must hold, and a result without its field does not pass."""

    topics: frozenset[str] = frozenset(RESULT_TOPICS)
    lanes: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    """Labels of which one of the result's predictions has one."""

    min_confidence: float = 0.0
    """Least confidence of a prediction with one of `labels`, or of any where none is named; 0 to 1."""

    def passes(self, topic: str, body: Mapping[str, Any]) -> bool:
        """Return whether a result is wanted."""
        return (
            topic in self.topics
            and (not self.lanes or body.get("lane") in self.lanes)
            and (not self.queues or body.get("queue") in self.queues)
            and (not self.companies or body.get("company") in self.companies)
            and self._passes_prediction(body)
        )

    def _passes_prediction(self, body: Mapping[str, Any]) -> bool:
        if not self.labels and not self.min_confidence:
            return True
        return any(
            (not self.labels or label in self.labels) and confidence >= self.min_confidence
            for label, confidence in _predictions(body)
        )


def _predictions(body: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield label and confidence of each prediction; 0 for a label that has none."""
    for name in _PREDICTIONS:
        field = body.get(name)
        if isinstance(field, dict):
            yield field.get("label", ""), field.get("confidence", 0.0)
        elif isinstance(field, str):
            yield field, 0.0
