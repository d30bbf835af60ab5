"""Events as lines of text for people, one line each."""

from functools import singledispatch

from rich.text import Text

from shared.bus.record import Record
from shared.events import (
    CustomerMessageAnalyzed,
    CustomerMessageReceived,
    Event,
    ImageAnalyzed,
    ImageReceived,
    Lane,
    NewsArticleAnalyzed,
    NewsArticlePublished,
    Prediction,
    Priority,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
    SupportMessageRouted,
)
from shared.events.sentiment import SentimentAlert
from tidemill.terminal import clean, day_time, one_line, percent, time_of

LANE_STYLES = {Lane.AUTO: "green", Lane.DRAFT: "yellow", Lane.HUMAN: "magenta"}
TONE_STYLES = {"bearish": "red", "negative": "red", "bullish": "green", "positive": "green"}
ALERTS = {
    SentimentAlertRaised: ("turned negative", "bold red"),
    SentimentAlertUpdated: ("is getting worse", "red"),
    SentimentAlertResolved: ("has calmed down", "green"),
}


def judged(prediction: Prediction) -> str:
    """Return a label and its confidence in percent."""
    return f"{clean(prediction.label)} {percent(prediction.confidence).strip()}"


@singledispatch
def line(event: Event) -> Text:
    """Return the event as one line, which a terminal cuts at its edge."""
    return one_line(f"{event.name}  {event.event_id}")


@line.register
def _(event: CustomerMessageReceived) -> Text:
    return one_line(f"{event.conversation_id:<14} {event.channel:<6} {clean(event.text)}")


@line.register
def _(event: CustomerMessageAnalyzed) -> Text:
    prediction = event.intent or event.sentiment
    found = judged(prediction) if prediction else "-"
    return one_line(f"{event.conversation_id:<14} {found:<36} {clean(event.text)}")


@line.register
def _(event: SupportMessageRouted) -> Text:
    return Text.assemble(route(event), (f"  {clean(event.text)}", "dim"), no_wrap=True, overflow="ellipsis")


@line.register
def _(event: NewsArticlePublished) -> Text:
    return one_line(f"{day_time(event.occurred_at)}  {clean(event.company):<20.20} {clean(event.headline)}")


@line.register
def _(event: NewsArticleAnalyzed) -> Text:
    style = TONE_STYLES.get(event.sentiment.label.lower(), "")
    return Text.assemble(
        f"{day_time(event.published_at)}  {clean(event.company):<20.20} ",
        (f"{clean(event.sentiment.label):<8.8} {percent(event.sentiment.confidence)}", style),
        f"  {clean(event.headline)}",
        no_wrap=True,
        overflow="ellipsis",
    )


@line.register
def _(event: ImageReceived) -> Text:
    return one_line(f"{event.case_id:<24} {event.kind:<6} {len(event.content):,} bytes")


@line.register
def _(event: ImageAnalyzed) -> Text:
    return one_line(f"{event.case_id:<24} {event.kind:<6} {judged(event.label)}")


@line.register
def _(event: SentimentAlert) -> Text:
    what, style = ALERTS[type(event)]
    text = f"{day_time(event.occurred_at)}  {clean(event.company)} {what}: {share(event)}"
    return one_line(text, style)


def share(alert: SentimentAlert) -> str:
    """Return the number of negative stories of an alert, and their most frequent topic."""
    return f"{alert.negative_count} of {alert.story_count} stories bad, most about {alert.topic}"


def route(event: SupportMessageRouted) -> Text:
    """Return the route of a message: lane, queue, label, and the priority when it is high or urgent."""
    prediction = event.intent or event.sentiment
    urgent = event.priority in {Priority.HIGH, Priority.URGENT}
    return Text.assemble(
        (f"{event.lane:<10}", f"bold {LANE_STYLES[event.lane]}"),
        clean(event.queue),
        (f" \u00b7 {judged(prediction)}" if prediction else "", "cyan"),
        (f" \u00b7 {event.priority}" if urgent else "", "bold red"),
        no_wrap=True,
        overflow="ellipsis",
    )


def dead_line(record: Record, reason: str, message: str) -> Text:
    """Return a dead letter as one line: partition and offset, reason, message."""
    where = f"{record.partition.number}:{record.offset}"
    written_at = day_time(time_of(record.timestamp_ms))
    return Text.assemble(
        f"{where:<8} {written_at}  ",
        (f"{reason:<18}", "yellow"),
        f" {clean(message)}",
        no_wrap=True,
        overflow="ellipsis",
    )
