"""News of the dashboard: stories and alerts as they are kept, charted and shown."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from uuid import uuid4

import pytest

from services.dashboard.charts.tone import intervals_of, tone_chart
from services.dashboard.state.news import News, Story
from services.dashboard.views.news import company_rows, pieces
from shared.events import Entity, EntityType, Evidence, SentimentAlertRaised, SentimentAlertResolved
from shared.events.sentiment import SentimentAlert
from tests.unit.tidemill.events import a_record, a_story

BEGIN = datetime(2026, 3, 4, 12, tzinfo=UTC)


def stories(*negatives: float, every: timedelta = timedelta(hours=1)) -> list[Story]:
    return [Story(BEGIN + index * every, negative) for index, negative in enumerate(negatives)]


def alert(
    kind: type[SentimentAlert], *, hours: int, evidence: tuple[Evidence, ...] = (), alert_id: object = None
) -> SentimentAlert:
    return kind.model_validate(
        {
            "event_id": uuid4(),
            "occurred_at": BEGIN + timedelta(hours=hours),
            "cause_id": uuid4(),
            "alert_id": alert_id or uuid4(),
            "company": "Norvale Foods",
            "topic": "Stock Movement",
            "negative_mean": 0.7,
            "story_count": 8,
            "negative_count": 5,
            "window_start": BEGIN,
            "window_end": BEGIN + timedelta(hours=hours),
            "evidence": evidence,
        }
    )


def test_intervals_hold_every_story_once_and_are_few() -> None:
    intervals = intervals_of(stories(*[0.9, 0.1] * 100, every=timedelta(minutes=37)))

    assert sum(each.stories for each in intervals) == 200
    assert sum(each.bad for each in intervals) == 100
    assert len(intervals) <= 24
    assert all(before.end == after.begin for before, after in pairwise(intervals))


def test_stories_of_one_moment_are_one_interval() -> None:
    assert [each.stories for each in intervals_of(stories(0.2, 0.9, every=timedelta()))] == [2]


def test_stories_of_two_centuries_still_make_a_chart() -> None:
    intervals = intervals_of(stories(0.2, 0.9, every=timedelta(days=70_000)))

    assert sum(each.stories for each in intervals) == 2
    assert len(intervals) <= 24


def test_the_sentence_says_what_the_chart_shows() -> None:
    chart = tone_chart(stories(0.1, 0.9, 0.2))

    assert chart is not None
    assert chart.sentence == (
        "1 of 3 stories are bad news. The worst time was 04 Mar 13:00 UTC: mean 90% bad over 1 story; "
        "the latest is 20%."
    )


def test_without_a_story_there_is_no_chart() -> None:
    assert tone_chart([]) is None


def test_a_story_that_comes_twice_counts_once() -> None:
    news, record = News(), a_record(a_story("Norvale Foods"))

    news.note(record)
    news.note(record)

    assert [row.stories for row in company_rows(news)] == [1]


@pytest.mark.parametrize("order", list(permutations((0, 1))))
def test_an_alert_ends_with_its_latest_event_and_keeps_its_evidence(order: tuple[int, ...]) -> None:
    proof = Evidence(
        article_id=uuid4(), headline="Norvale falls", source="Wire", published_at=BEGIN, negative=0.9
    )
    raised = alert(SentimentAlertRaised, hours=1, evidence=(proof,))
    resolved = alert(SentimentAlertResolved, hours=2, alert_id=raised.alert_id)
    news = News()

    for index in order:
        news.note(a_record((raised, resolved)[index]))

    [kept] = news.alerts()
    assert not kept.is_open
    assert kept.evidence == (proof,)
    assert kept.raised_at == raised.occurred_at


def test_a_company_with_an_open_alert_comes_first() -> None:
    news = News()

    for event in (a_story("Norvale Foods"), alert(SentimentAlertRaised, hours=1), a_story("Pelagia")):
        news.note(a_record(event))

    assert [(row.name, row.has_alert) for row in company_rows(news)] == [
        ("Norvale Foods", True),
        ("Pelagia", False),
    ]


def test_a_headline_in_pieces_is_the_headline() -> None:
    headline = "Norvale Foods sues Pelagia"
    names = [
        Entity(type=EntityType.ORGANISATION, text=headline[a:b], start=a, end=b, confidence=0.9)
        for a, b in ((0, 13), (19, 26))
    ]

    found = list(pieces(headline, names))

    assert "".join(piece.text for piece in found) == headline
    assert [piece.text for piece in found if piece.type] == ["Norvale Foods", "Pelagia"]
