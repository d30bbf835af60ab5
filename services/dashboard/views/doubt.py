"""Results in the order of doubt, each with the answers that a person is likely to choose. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.dashboard.state.results import Results
from services.dashboard.state.shelf import Entry
from shared.bus.record import Place
from shared.events import (
    Event,
    ImageAnalyzed,
    Lane,
    NewsArticleAnalyzed,
    Prediction,
    SupportMessageRouted,
)
from shared.events.corrections import OUT_OF_SCOPE

KINDS = ("messages", "news", "images")
_COMMON = 2
"""Further labels that are offered beside the two best: those that were predicted most of late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A result that a person may correct."""

    id: str
    kind: str
    place: Place
    at: datetime
    event: Event
    text: str
    is_secret: bool
    """True where the text is a customer's, which only the scope for texts may show."""

    field: str
    """Name of the field that a click sets."""

    prediction: Prediction
    model: str
    version: str
    output: str
    """Output of the model that has the labels of the field."""

    lane: Lane | None = None
    reason: str = ""
    out_of_scope: float | None = None

    @property
    def doubt(self) -> float:
        """Return how doubtful the prediction is, 0 to 1: by its margin, and by how foreign the input is."""
        return max(1.0 - self.prediction.margin, self.out_of_scope or 0.0)

    @property
    def order(self) -> tuple[bool, float]:
        """Return the key of sorting: what a person must look at anyway comes first."""
        return self.lane is Lane.AUTO, -self.doubt


def doubts(results: Results, kind: str | None) -> list[Doubt]:
    """Return what nobody has corrected yet, the most doubtful first."""
    found = [each for each in _all(results, kind) if results.corrections.newest(each.event.event_id) is None]
    return sorted(found, key=lambda each: each.order)


def doubt_at(results: Results, place: Place) -> Doubt | None:
    """Return the result at a place; None where it is not kept any more."""
    return next((each for each in _all(results, None) if each.place == place), None)


def choices(doubt: Doubt, common: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    """Return the labels to offer as buttons: the predicted one, the runner-up, common ones, none of them."""
    best = [doubt.prediction.label, doubt.prediction.runner_up]
    others = [label for label, _ in common[_group(doubt)].most_common(_COMMON + 2) if label not in best]
    return (*dict.fromkeys(best), *others[:_COMMON], OUT_OF_SCOPE)


def common_labels(results: Results) -> Mapping[str, Counter[str]]:
    """Return how often each label was predicted of late, by model and field."""
    counts: dict[str, Counter[str]] = {}
    for each in _all(results, None):
        counts.setdefault(_group(each), Counter())[each.prediction.label] += 1
    return counts


def _group(doubt: Doubt) -> str:
    return f"{doubt.model} {doubt.field}"


def _all(results: Results, kind: str | None) -> Iterator[Doubt]:
    """Yield all results of a kind, or of every kind."""
    if kind in {None, "messages"}:
        yield from _messages(results.messages.entries())
    if kind in {None, "news"}:
        yield from map(_story, results.stories.entries())
    if kind in {None, "images"}:
        yield from map(_image, results.images.entries())


def _messages(entries: Sequence[Entry[SupportMessageRouted]]) -> Iterator[Doubt]:
    for entry in entries:
        event = entry.event
        prediction = event.intent or event.sentiment
        if prediction is None or event.model is None or event.model_version is None:
            continue
        yield Doubt(
            id=str(event.event_id),
            kind="messages",
            place=entry.place,
            at=entry.at,
            event=event,
            text=event.text,
            is_secret=True,
            field="intent" if event.intent else "sentiment",
            prediction=prediction,
            model=event.model,
            version=event.model_version,
            output="logits",
            lane=event.lane,
            reason=event.reason,
            out_of_scope=event.out_of_scope,
        )


def _story(entry: Entry[NewsArticleAnalyzed]) -> Doubt:
    event = entry.event
    return Doubt(
        id=str(event.event_id),
        kind="news",
        place=entry.place,
        at=entry.at,
        event=event,
        text=event.headline,
        is_secret=False,
        field="sentiment",
        prediction=event.sentiment,
        model=event.decision.model,
        version=event.decision.model_version,
        output="sentiment_logits",
        reason=f"{event.company}, {event.topic.label}",
        out_of_scope=event.decision.out_of_scope,
    )


def _image(entry: Entry[ImageAnalyzed]) -> Doubt:
    event = entry.event
    return Doubt(
        id=str(event.event_id),
        kind="images",
        place=entry.place,
        at=entry.at,
        event=event,
        text=f"Case {event.case_id}",
        is_secret=False,
        field="label",
        prediction=event.label,
        model=event.decision.model,
        version=event.decision.model_version,
        output="logits",
        reason=event.kind,
        out_of_scope=event.decision.out_of_scope,
    )
