"""State of one company, and the changes that a story brings. Pure values."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid5

from pydantic import AwareDatetime

from services.sentiment_alerts.alert_events import Alert, OpenAlert, alert_event
from services.sentiment_alerts.rules import calm, grown, main_topic, turned
from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.window import Story, View, Window
from shared.events import (
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from shared.stateful.state import State


class CompanyState(State):
    """A company's window and alert. The key is the company's name."""

    VERSION = 2

    window: Window = Window()
    alert: OpenAlert | None = None
    quiet_until: AwareDatetime | None = None


class Change(NamedTuple):
    """A company's new state, and the event that tells of it."""

    state: CompanyState
    told: Alert | None = None


def from_version_1(value: Mapping[str, Any], *, topic: str) -> dict[str, Any]:
    """Return a value of version 1, which had one offset for the one topic, with the fields of version 2."""
    kept = {name: content for name, content in value.items() if name not in {"company", "offset"}}
    return kept | {"key": value["company"], "positions": {topic: {"offset": value["offset"]}}}


def with_article(state: CompanyState, article: NewsArticleAnalyzed, limits: AlertSettings) -> Change:
    """Return the change by an article of this company: none if it is known already, or too late."""
    if state.window.knows(article.cause_id) or state.window.too_late(article.published_at, limits):
        return Change(state)
    story = _story(article)
    window = state.window.add(story, company=state.key, limits=limits)
    state = state.model_copy(update={"window": window})
    if story.negative < limits.story_negative:
        return _maybe_resolved(state, article, limits)
    # A late story may complete a window that ended before the newest story: look at the worst one.
    views = window.views_with(story.published_at, limits.window)
    worst = max(views, key=lambda view: view.negative_count(limits), default=None)
    if worst is None:
        return Change(state)
    judge = _maybe_raised if state.alert is None else _maybe_updated
    return judge(state, article, worst, limits)


def with_time(state: CompanyState, article: NewsArticleAnalyzed, limits: AlertSettings) -> Change:
    """Return the change by the passing of time, which the article of another company shows."""
    passed = article.published_at - timedelta(hours=limits.lateness_h)
    window = state.window.advanced(passed, limits)
    return _maybe_resolved(state.model_copy(update={"window": window}), article, limits)


def _maybe_raised(
    state: CompanyState, article: NewsArticleAnalyzed, view: View, limits: AlertSettings
) -> Change:
    quiet = state.quiet_until is not None and view.end < state.quiet_until
    if quiet or not turned(view, limits, usual_share=state.window.baseline.share(limits)):
        return Change(state)
    bad = view.negative(limits)
    alert = OpenAlert(
        alert_id=uuid5(article.event_id, "sentiment.alert"),
        company=state.key,
        topic=main_topic(bad),
        told_count=len(bad),
    )
    told = alert_event(SentimentAlertRaised, alert, article=article, view=view, limits=limits)
    return Change(state.model_copy(update={"alert": alert}), told)


def _maybe_updated(
    state: CompanyState, article: NewsArticleAnalyzed, view: View, limits: AlertSettings
) -> Change:
    if state.alert is None or not grown(view, limits, told_count=state.alert.told_count):
        return Change(state)
    bad = view.negative(limits)
    alert = state.alert.model_copy(update={"told_count": len(bad), "topic": main_topic(bad)})
    told = alert_event(SentimentAlertUpdated, alert, article=article, view=view, limits=limits)
    return Change(state.model_copy(update={"alert": alert}), told)


def _maybe_resolved(state: CompanyState, article: NewsArticleAnalyzed, limits: AlertSettings) -> Change:
    if state.alert is None:
        return Change(state)
    kept, newest = state.window.newest(limits.retention), state.window.newest(limits.window)
    if not calm(kept, newest, limits):
        return Change(state)
    told = alert_event(SentimentAlertResolved, state.alert, article=article, view=newest, limits=limits)
    quiet_until = newest.end + timedelta(hours=limits.cooldown_h)
    return Change(state.model_copy(update={"alert": None, "quiet_until": quiet_until}), told)


def _story(article: NewsArticleAnalyzed) -> Story:
    return Story(
        article_id=article.cause_id,
        headline=article.headline,
        source=article.source,
        topic=article.topic.label,
        published_at=article.published_at,
        negative=article.negative,
    )
