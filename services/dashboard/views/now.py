"""Now: what comes in, what was decided about it and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from services.dashboard.charts.sparkline import sparkline
from services.dashboard.state.flow import StreamFlow
from services.dashboard.state.state import State
from services.dashboard.state.times import time_of
from services.dashboard.state.window import Bucket, percentile
from services.dashboard.views.page import Ask, Page
from shared.bus.record import Place
from shared.events import (
    Event,
    ImageAnalyzed,
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
    SupportMessageRouted,
)
from shared.events.sentiment import SentimentAlert

_DECISIONS = 30
_ALERTS = 6
_BUCKETS_A_MINUTE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A stream in the last five minutes."""

    name: str
    inputs: int
    done: int
    dead: int
    waiting: int
    lag: int | None
    """Records that services have not read; None when no service tells."""

    batch_size: float | None
    cache_share: float | None
    p50_ms: int | None
    p99_ms: int | None
    inputs_line: Markup
    latency_line: Markup
    minutes: tuple[tuple[int, int, int, int | None], ...]
    """Inputs, results, dead letters and median latency of each minute, the latest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A result as it is listed."""

    id: str
    at: datetime
    stream: str
    subject: str | None
    """None where the viewer may not read it."""

    outcome: str
    tone: str
    """Class of the outcome's badge."""

    detail: str
    label: str
    confidence: float | None
    reason: str
    place: Place | None = None
    """Place of the result, by which it can be corrected."""


def figures(flow: StreamFlow, state: State) -> Figures:
    """Return the figures of a stream."""
    buckets = flow.window.until(state.now_ms)
    service = state.services.by_name.get(flow.service)
    latencies = [each for bucket in buckets for each in bucket.latencies_ms]
    return Figures(
        name=flow.name,
        inputs=sum(bucket.inputs for bucket in buckets),
        done=sum(bucket.done for bucket in buckets),
        dead=sum(bucket.dead for bucket in buckets),
        waiting=len(flow.open),
        lag=state.services.lag_of(flow.topics),
        batch_size=service.figures.batch_size if service else None,
        cache_share=service.figures.cache_share if service else None,
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
        # Without the last: it is not over yet, and would look like a fall.
        inputs_line=sparkline([bucket.inputs for bucket in buckets[:-1]]),
        latency_line=sparkline([percentile(bucket.latencies_ms, 0.99) for bucket in buckets[:-1]]),
        minutes=_minutes(buckets),
    )


def sentence(streams: list[Figures]) -> str:
    """Return the figures of all streams in one sentence."""
    inputs, done, dead, waiting = (
        sum(getattr(stream, name) for stream in streams) for name in ("inputs", "done", "dead", "waiting")
    )
    if not inputs and not waiting:
        return "Nothing came in during the last five minutes."
    return (
        f"In the last five minutes {inputs:,} inputs came in and {done:,} were decided; "
        f"{waiting:,} wait now, and {dead:,} became dead letters."
    )


def _minutes(buckets: list[Bucket]) -> tuple[tuple[int, int, int, int | None], ...]:
    chunks = [buckets[end - _BUCKETS_A_MINUTE : end] for end in range(len(buckets), 0, -_BUCKETS_A_MINUTE)]
    return tuple(
        (
            sum(bucket.inputs for bucket in chunk),
            sum(bucket.done for bucket in chunk),
            sum(bucket.dead for bucket in chunk),
            percentile([each for bucket in chunk for each in bucket.latencies_ms], 0.5),
        )
        for chunk in chunks
    )


def decision(event: Event, at: datetime, ask: Ask) -> Decision:
    """Return a result as a row of the list."""
    match event:
        case SupportMessageRouted():
            return _routed(event, at, ask)
        case NewsArticleAnalyzed():
            return _news(event, at, ask)
        case ImageAnalyzed():
            return _image(event, at)
        case _:
            raise TypeError(f"{event.name} is no decision")


def _routed(event: SupportMessageRouted, at: datetime, ask: Ask) -> Decision:
    prediction = event.intent or event.sentiment
    return Decision(
        id=str(event.event_id),
        at=at,
        stream="messages",
        subject=ask.shown(event.text),
        outcome=event.lane,
        tone=f"lane-{event.lane}",
        detail=f"{event.queue}, {event.priority}",
        label=prediction.label if prediction else "",
        confidence=prediction.confidence if prediction else None,
        reason=event.reason,
    )


def _news(event: NewsArticleAnalyzed, at: datetime, ask: Ask) -> Decision:
    return Decision(
        id=str(event.event_id),
        at=at,
        stream="news",
        subject=ask.shown(event.headline),
        outcome=event.sentiment.label,
        tone=f"tone-{event.sentiment.label.lower()}",
        detail=event.company,
        label=event.topic.label,
        confidence=event.sentiment.confidence,
        reason=f"{event.negative:.0%} bad for the company",
    )


def _image(event: ImageAnalyzed, at: datetime) -> Decision:
    return Decision(
        id=str(event.event_id),
        at=at,
        stream="images",
        subject=f"Case {event.case_id}",
        outcome=event.label.label,
        tone="seen",
        detail=event.kind,
        label="",
        confidence=event.label.confidence,
        reason=f"next best: {event.label.runner_up}",
    )


_SHOWN: Mapping[str, tuple[type[Event], ...]] = {
    "messages": (SupportMessageRouted,),
    "news": (NewsArticleAnalyzed,),
    "images": (ImageAnalyzed,),
}


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    chosen = ask.get("stream")
    kinds = _SHOWN.get(chosen or "", tuple(kind for each in _SHOWN.values() for kind in each))
    streams = [figures(flow, state) for flow in state.flow.streams.values()]
    alerts = (SentimentAlertRaised, SentimentAlertUpdated, SentimentAlertResolved)
    return {
        "streams": streams,
        "sentence": sentence(streams),
        "stream_names": tuple(_SHOWN),
        "chosen": chosen if chosen in _SHOWN else None,
        "decisions": [
            replace(decision(event, time_of(record), ask), place=Place(record.partition, record.offset))
            for record, event in state.latest.events(kinds, _DECISIONS)
        ],
        "alerts": [
            (event, time_of(record))
            for record, event in state.latest.events(alerts, _ALERTS)
            if isinstance(event, SentimentAlert)
        ],
    }


PAGE = Page(path="now", title="Now", template="now.html", values=values, filters=("stream",))
