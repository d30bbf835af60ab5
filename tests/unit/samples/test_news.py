"""The news carries one surge with its reprints, a busy calm company, and no second reason for an alert."""

import csv
import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.samples.load import EXPECTED_FILE, news
from deploy.local.samples.news import NewsItem, generate_news


@pytest.fixture
def expected() -> Any:
    return json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))["news"]


def test_the_counts_are_the_documented_ones(expected: Any) -> None:
    items = generate_news()

    assert len(items) == expected["total"]
    assert len({item.company for item in items}) == expected["companies"]
    assert len({item.source for item in items}) == expected["sources"]


def test_every_run_gives_the_same_news_in_order_of_time() -> None:
    items = generate_news()

    assert items == generate_news()
    assert [item.occurred_at for item in items] == sorted(item.occurred_at for item in items)


def test_no_two_events_share_their_id_and_hardly_two_stories_their_headline() -> None:
    events = news()

    assert len({event.event_id for event in events}) == len(events)
    assert len({event.headline for event in events}) >= 0.99 * len(events)


def test_the_surge_is_the_documented_one(expected: Any) -> None:
    surge = expected["surge"]
    bad = [item for item in _of(surge["company"]) if item.tone == "negative"]
    reprints = [item for item in bad if item.wire][1:]

    assert len({item.headline for item in bad if not item.wire}) + 1 == surge["stories"]
    assert len(reprints) == surge["reprints"]
    assert bad[0].headline == surge["wire_headline"]
    assert bad[0].occurred_at == datetime.fromisoformat(surge["from"])
    assert bad[-1].occurred_at <= datetime.fromisoformat(surge["to"])


def test_other_sources_reprint_the_wire_story(expected: Any) -> None:
    first, *reprints = [item for item in _of(expected["surge"]["company"]) if item.wire]

    assert first.source not in {item.source for item in reprints}


def test_the_surge_company_is_calm_before_and_recovers_after(expected: Any) -> None:
    surge = expected["surge"]
    before = [i for i in _of(surge["company"]) if i.occurred_at < datetime.fromisoformat(surge["from"])]
    after = [i for i in _of(surge["company"]) if i.occurred_at > datetime.fromisoformat(surge["to"])]

    assert len(before) >= 10
    assert len(after) >= 10
    assert "negative" not in {item.tone for item in before + after}
    assert before[-1].occurred_at - before[0].occurred_at > timedelta(days=4)


def test_the_busy_company_has_many_stories_in_an_hour_and_none_is_bad(expected: Any) -> None:
    stories = _of(expected["calm"]["company"])
    busiest = max(_within(stories, item, timedelta(hours=1)) for item in stories)

    assert len(stories) == expected["calm"]["count"]
    assert "negative" not in {item.tone for item in stories}
    assert busiest >= 4


def test_no_other_company_has_more_than_two_bad_stories_a_day(expected: Any) -> None:
    companies = {item.company for item in generate_news()} - set(expected["alert_companies"])

    for company in companies:
        bad = [item for item in _of(company) if item.tone == "negative"]
        assert all(_within(bad, item, timedelta(days=1)) <= 2 for item in bad), company


def test_no_headline_is_a_row_of_a_public_data_set(data_dir: Path) -> None:
    public = _public_texts(data_dir)

    assert not [item.headline for item in generate_news() if item.headline.casefold() in public]


def _of(company: str) -> list[NewsItem]:
    return [item for item in generate_news() if item.company == company]


def _within(items: list[NewsItem], first: NewsItem, span: timedelta) -> int:
    return sum(timedelta() <= item.occurred_at - first.occurred_at < span for item in items)


def _public_texts(folder: Path) -> set[str]:
    topics = folder / "twitter_financial_topic" / "topic_train.csv.gz"
    tones = folder / "twitter_financial_sentiment" / "sent_train.csv"
    with gzip.open(topics, "rt", encoding="utf-8", newline="") as file:
        texts = {row["text"].casefold() for row in csv.DictReader(file)}
    with tones.open(encoding="utf-8", newline="") as file:
        return texts | {row["text"].casefold() for row in csv.DictReader(file)}
