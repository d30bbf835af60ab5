"""The sample news from end to end: one surge, also out of order, also from a model that errs."""

import random
import zlib
from collections import Counter
from collections.abc import Iterable

import pytest

from deploy.local.samples.news import SURGE_COMPANY, generate_news
from shared.clock import utc_now
from shared.events import (
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from tests.unit.services.sentiment_alerts.stories import START, a_desk, article, record

NEGATIVE = {"negative": 0.93, "neutral": 0.08, "positive": 0.03}
NEWS = [
    article(
        number,
        minute=(item.occurred_at - START).total_seconds() / 60,
        negative=NEGATIVE[item.tone],
        company=item.company,
        headline=item.headline,
    )
    for number, item in enumerate(generate_news())
]
ONE_SURGE = Counter(
    {
        (SentimentAlertRaised.name, SURGE_COMPANY): 1,
        (SentimentAlertUpdated.name, SURGE_COMPANY): 2,
        (SentimentAlertResolved.name, SURGE_COMPANY): 1,
    }
)


def told(articles: Iterable[NewsArticleAnalyzed]) -> Counter[tuple[str, str]]:
    """Return how often each event was told about each company, read from four partitions."""
    desk, offsets = a_desk(now=utc_now()), Counter[int]()
    for each in articles:
        partition = zlib.crc32(each.key) % 4
        desk.read([record(each, offsets[partition], partition=partition)])
        offsets[partition] += 1
    return Counter((event.name, event.key.decode()) for event in desk.told)


def test_the_sample_news_hold_one_surge_and_nothing_else() -> None:
    assert told(NEWS) == ONE_SURGE


@pytest.mark.parametrize("seed", range(3))
def test_stories_that_overtake_each_other_by_a_day_change_nothing(seed: int) -> None:
    rng = random.Random(seed)
    places = sorted(range(len(NEWS)), key=lambda place: place + rng.random() * 40)

    assert told(NEWS[place] for place in places) == ONE_SURGE


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_is_wrong_about_one_story_in_five_raises_the_same_one_alert(seed: int) -> None:
    rng = random.Random(seed)
    judged = [
        each.model_copy(update={"negative": rng.random()}) if rng.random() < 0.2 else each for each in NEWS
    ]

    events = told(judged)

    assert {company for _, company in events} == {SURGE_COMPANY}
    assert events[SentimentAlertRaised.name, SURGE_COMPANY] == 1
    assert events[SentimentAlertResolved.name, SURGE_COMPANY] == 1
