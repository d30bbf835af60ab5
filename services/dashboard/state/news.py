"""News: stories by company, and alerts by their id."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.dashboard.state.latest import event_of
from shared.bus.record import Record
from shared.events import NewsArticleAnalyzed, SentimentAlertRaised, SentimentAlertResolved
from shared.events.sentiment import Evidence, SentimentAlert

_COMPANIES_MAX = 500
_STORIES_MAX = 300
_ALERTS_MAX = 100
_TOPICS = frozenset({NewsArticleAnalyzed.name, *(alert.name for alert in SentimentAlert.__subclasses__())})


@dataclass(frozen=True, slots=True)
class Story:
    """A story as the chart counts it."""

    at: datetime
    """Time of publication."""

    negative: float
    """Probability that it is bad for the company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """An alert as its last event left it."""

    event: SentimentAlert
    evidence: tuple[Evidence, ...]
    """Stories of its last event that had any: one that ends it has none."""

    raised_at: datetime | None
    """Event time at which it was raised; None when that event is not kept any more."""

    @property
    def is_open(self) -> bool:
        """Return whether the news have not calmed down yet."""
        return not isinstance(self.event, SentimentAlertResolved)


@dataclass(slots=True)
class Company:
    """The newest stories about a company."""

    name: str
    stories: deque[Story] = field(default_factory=lambda: deque(maxlen=_STORIES_MAX))
    seen: OrderedDict[UUID, None] = field(default_factory=OrderedDict)
    """Ids of the stories that are kept: a repeat counts once."""

    def add(self, event: NewsArticleAnalyzed) -> None:
        """Keep a story, unless it is a repeat."""
        if event.event_id in self.seen:
            return
        self.seen[event.event_id] = None
        if len(self.seen) > _STORIES_MAX:
            self.seen.popitem(last=False)
        self.stories.append(Story(event.published_at, event.negative))


class News:
    """The 500 companies with the latest news, 300 stories each, and the 100 latest alerts."""

    def __init__(self) -> None:
        self.companies: OrderedDict[str, Company] = OrderedDict()
        """By name; the one with the latest story last."""

        self._alerts: OrderedDict[UUID, AlertState] = OrderedDict()

    def note(self, record: Record) -> None:
        """Enter a record of any topic."""
        if record.partition.topic not in _TOPICS:
            return
        match event_of(record):
            case NewsArticleAnalyzed() as story:
                self._note_story(story)
            case SentimentAlert() as alert:
                self._note_alert(alert)

    def about(self, name: str | None) -> list[Company]:
        """Return one company, none where its news are not kept; all without a name."""
        if name is None:
            return list(self.companies.values())
        return [self.companies[name]] if name in self.companies else []

    def alerts(self) -> Iterator[AlertState]:
        """Yield the alerts, open ones first, and of each kind the latest first."""
        latest = list(reversed(self._alerts.values()))
        yield from (alert for alert in latest if alert.is_open)
        yield from (alert for alert in latest if not alert.is_open)

    def _note_story(self, event: NewsArticleAnalyzed) -> None:
        company = self.companies.setdefault(event.company, Company(event.company))
        self.companies.move_to_end(event.company)
        company.add(event)
        if len(self.companies) > _COMPANIES_MAX:
            self.companies.popitem(last=False)

    def _note_alert(self, event: SentimentAlert) -> None:
        before = self._alerts.get(event.alert_id)
        self._alerts[event.alert_id] = _told(before, event) if before else _first(event)
        self._alerts.move_to_end(event.alert_id)
        if len(self._alerts) > _ALERTS_MAX:
            self._alerts.popitem(last=False)


def _first(event: SentimentAlert) -> AlertState:
    raised_at = event.occurred_at if isinstance(event, SentimentAlertRaised) else None
    return AlertState(event=event, evidence=event.evidence, raised_at=raised_at)


def _told(before: AlertState, event: SentimentAlert) -> AlertState:
    """Return an alert after a further event, which may be an older one: topics are read side by side."""
    this = _first(event)
    older, newer = sorted((before, this), key=lambda each: each.event.occurred_at)
    return AlertState(
        event=newer.event,
        evidence=newer.evidence or older.evidence,
        raised_at=this.raised_at or before.raised_at,
    )
