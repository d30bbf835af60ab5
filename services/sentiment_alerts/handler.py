"""news.article_analyzed.v1 -> sentiment.alert_raised.v1, .alert_updated.v1, .alert_resolved.v1."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.state import Change, CompanyState, with_article, with_time
from shared.bus.record import Outgoing, Record
from shared.catalogue import SENTIMENT_ALERTS
from shared.clock import Clock
from shared.errors import RejectedError
from shared.events import NewsArticleAnalyzed
from shared.events.codec import decode
from shared.events.headers import trace_of
from shared.reasons import Reason


class States(Protocol):
    """What is known about all companies."""

    def get(self, company: str) -> CompanyState | None:
        """Return the state of a company; None for a new one."""
        ...

    def with_alert(self) -> Iterable[CompanyState]:
        """Return the states with an open alert; cheap, as it is asked for each record."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What one record brings about: publish `outgoing`, then store `states`, in this order."""

    states: tuple[CompanyState, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()


class SentimentAlerts:
    """Decides; it neither consumes, publishes nor stores."""

    def __init__(self, limits: AlertSettings, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock

    def decide(self, record: Record, states: States) -> Decision:
        """Return what a record changes, given the states of all companies.

        An event that is in its company's state already changes nothing. Raises RejectedError
        for what can never be applied.
        """
        article = decode(NewsArticleAnalyzed, key=record.key, value=record.value, headers=record.headers)
        if article.published_at > self._clock() + timedelta(hours=self._limits.ahead_max_h):
            raise RejectedError(
                Reason.PUBLISHED_IN_FUTURE, f"published_at is {article.published_at.isoformat()}"
            )
        partition = record.partition.number
        state = states.get(article.company)
        if state is not None and state.applied(partition, record.offset):
            return Decision()
        others = self._others(article, partition, states)
        state = state or CompanyState(company=article.company, partition=partition)
        state, told = with_article(state, article, self._limits)
        # The article's own company comes last: until it is stored, a crash replays all of this.
        own = state.model_copy(update={"partition": partition, "offset": record.offset})
        changes = [*others, Change(own, told)]
        return Decision(
            tuple(change.state for change in changes),
            tuple(
                Outgoing.of(change.told, source=SENTIMENT_ALERTS.publisher, trace=trace_of(record.headers))
                for change in changes
                if change.told
            ),
        )

    def _others(self, article: NewsArticleAnalyzed, partition: int, states: States) -> list[Change]:
        """Return which open alerts end because this article shows how late it is.

        Only in its own partition: the states of others are another worker's.
        """
        waiting = (
            state
            for state in states.with_alert()
            if state.partition == partition and state.company != article.company
        )
        changes = (with_time(state, article, self._limits) for state in waiting)
        return [change for change in changes if change.told]
