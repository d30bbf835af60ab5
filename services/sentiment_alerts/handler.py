"""news.article_analyzed.v1 -> sentiment.alert_raised.v1, .alert_updated.v1, .alert_resolved.v1."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.state import Change, CompanyState, from_version_1, with_article, with_time
from shared.clock import Clock
from shared.errors import RejectedError
from shared.events import NewsArticleAnalyzed
from shared.events.envelope import EARLIEST
from shared.reasons import Reason
from shared.stateful.service import Decision, Moment, StatefulService
from shared.stateful.state import NOT_DUE, Due

_FORGOTTEN_HALF_LIVES = 20
_ANY_TIME = Due(event_time=EARLIEST)


class SentimentAlerts(StatefulService[NewsArticleAnalyzed, CompanyState]):
    """Decides for one company at a time; it neither consumes, publishes nor stores."""

    state_type = CompanyState

    def __init__(self, limits: AlertSettings, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        # By then nothing is left of a company's stories, and of its usual share of bad news a millionth.
        self.idle_after = limits.retention + _FORGOTTEN_HALF_LIVES * timedelta(hours=limits.memory_h)

    def check(self, event: NewsArticleAnalyzed) -> None:
        """Raise RejectedError for a story dated too far into the future: it would end every window."""
        if event.published_at > self._clock() + timedelta(hours=self._limits.ahead_max_h):
            dated = event.published_at.isoformat()
            raise RejectedError(Reason.PUBLISHED_IN_FUTURE, f"published_at is {dated}")

    def time_of(self, event: NewsArticleAnalyzed) -> datetime:
        """Return the time of publication."""
        return event.published_at

    def handle(self, event: NewsArticleAnalyzed, state: CompanyState | None) -> Decision[CompanyState]:
        """Return the company's new window, and the alert event that the story causes."""
        state = state or CompanyState(key=event.company)
        return _decision(with_article(state, event, self._limits), before=state)

    def due(self, state: CompanyState) -> Due:
        """Return any time while an alert is open: each story of others may show that it is over."""
        return _ANY_TIME if state.alert else NOT_DUE

    def on_time(self, state: CompanyState, moment: Moment[NewsArticleAnalyzed]) -> Decision[CompanyState]:
        """Return the end of the alert, if the time of another company's story shows that it is over."""
        if moment.event is None:
            return Decision()
        change = with_time(state, moment.event, self._limits)
        return _decision(change, before=state) if change.told else Decision()

    def migrate(self, value: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Return a value of version 1 with the fields of today."""
        if version == 1:
            return from_version_1(value, topic=NewsArticleAnalyzed.name)
        return super().migrate(value, version)


def _decision(change: Change, *, before: CompanyState) -> Decision[CompanyState]:
    changed = None if change.state is before else change.state
    return Decision(changed, (change.told,) if change.told else ())
