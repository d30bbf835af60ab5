"""News: companies, alerts with their evidence, and the tone and volume of news over time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from services.dashboard.charts.tone import tone_chart
from services.dashboard.state.news import Company, News
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from shared.bus.record import Place
from shared.events import Entity, NewsArticleAnalyzed

_COMPANIES = 20
_ALERTS = 12
_STORIES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """A company as it is listed."""

    name: str
    stories: int
    bad: int
    negative_mean: float
    last_at: datetime
    has_alert: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a headline: a name, or what stands between names."""

    text: str
    type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story as it is listed."""

    event: NewsArticleAnalyzed
    pieces: tuple[Piece, ...] | None
    """Its headline; None where the viewer may not read it."""

    place: Place


def company_rows(news: News) -> list[CompanyRow]:
    """Return the companies with an open alert first, and of each kind those with the latest news."""
    alerted = {alert.event.company for alert in news.alerts() if alert.is_open}
    rows = [_row(company, alerted) for company in reversed(news.companies.values()) if company.stories]
    return sorted(rows, key=lambda row: not row.has_alert)


def _row(company: Company, alerted: set[str]) -> CompanyRow:
    stories = company.stories
    return CompanyRow(
        name=company.name,
        stories=len(stories),
        bad=sum(each.negative > 0.5 for each in stories),
        negative_mean=sum(each.negative for each in stories) / len(stories),
        last_at=max(each.at for each in stories),
        has_alert=company.name in alerted,
    )


def pieces(headline: str, entities: Sequence[Entity]) -> Iterator[Piece]:
    """Yield a headline in pieces, so that its names can be marked."""
    end = 0
    for entity in entities:
        if entity.start > end:
            yield Piece(headline[end : entity.start])
        if entity.start >= end:
            yield Piece(headline[entity.start : entity.end], entity.type)
            end = entity.end
    if end < len(headline):
        yield Piece(headline[end:])


def _stories(state: State, ask: Ask) -> list[StoryRow]:
    company = ask.get("company")
    found = (
        _story(event, Place(record.partition, record.offset), ask)
        for record, event in state.latest.events((NewsArticleAnalyzed,), 200)
        if isinstance(event, NewsArticleAnalyzed) and company in {None, event.company}
    )
    return list(islice(found, _STORIES))


def _story(event: NewsArticleAnalyzed, place: Place, ask: Ask) -> StoryRow:
    headline = ask.shown(event.headline)
    return StoryRow(
        event=event,
        pieces=None if headline is None else tuple(pieces(headline, event.entities)),
        place=place,
    )


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    chosen = ask.get("company")
    news = state.news
    alerts = [alert for alert in news.alerts() if chosen in {None, alert.event.company}]
    rows = company_rows(news)
    return {
        "chosen": chosen,
        "companies": rows[:_COMPANIES],
        "company_count": len(rows),
        "alerts": alerts[:_ALERTS],
        "open_count": sum(alert.is_open for alert in alerts),
        "chart": tone_chart([story for company in news.about(chosen) for story in company.stories]),
        "stories": _stories(state, ask),
    }


PAGE = Page(path="news", title="News", template="news.html", values=values, filters=("company",))
