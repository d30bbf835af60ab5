"""When news counts as turned, grown and calm."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.sentiment_alerts.rules import calm, chance, grown, main_topic, turned
from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.window import Story, View
from tests.unit.services.sentiment_alerts.stories import START

LIMITS = AlertSettings()


def view(*negatives: float, topics: str = "") -> View:
    """Return a view of stories this negative; `topics` has one letter a story."""
    stories = tuple(
        Story(
            article_id=UUID(int=number),
            headline=f"headline {number}",
            source="Harbour Wire",
            topic=topics[number] if topics else "Legal",
            published_at=START + timedelta(minutes=number),
            negative=negative,
        )
        for number, negative in enumerate(negatives)
    )
    return View(START, START + timedelta(hours=6), stories)


@pytest.mark.parametrize(
    ("negative_count", "story_count", "expected"), [(0, 5, 1.0), (5, 5, 0.25**5), (1, 2, 0.4375)]
)
def test_chance_is_the_binomial_tail(negative_count: int, story_count: int, expected: float) -> None:
    assert chance(negative_count, story_count, usual_share=0.25) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("negatives", "alert"),
    [
        ([0.9] * 5, True),
        ([0.9] * 4, False),  # too few
        ([0.9] * 6 + [0.1] * 1, True),
        ([0.9] * 5 + [0.1] * 5, False),  # not bad on the whole, nor improbable
        ([0.59] * 9, False),  # none clearly negative
        ([], False),
    ],
)
def test_an_alert_needs_many_stories_that_are_bad_on_the_whole(negatives: list[float], alert: bool) -> None:  # noqa: FBT001 - a table of laws
    assert turned(view(*negatives), LIMITS, usual_share=0.25) is alert


def test_a_company_with_usually_bad_news_needs_more_of_it() -> None:
    six_of_eight = view(*[0.9] * 6, 0.1, 0.1)

    assert turned(six_of_eight, LIMITS, usual_share=0.1)
    assert not turned(six_of_eight, LIMITS, usual_share=0.6)


@pytest.mark.parametrize(("negative_count", "worse"), [(5, False), (7, False), (8, True)])
def test_an_alert_is_told_again_only_when_it_has_grown_materially(negative_count: int, worse: bool) -> None:  # noqa: FBT001 - a table of laws
    assert grown(view(*[0.9] * negative_count), LIMITS, told_count=5) is worse


def test_an_alert_is_over_when_its_stories_are_past() -> None:
    assert calm(kept=view(0.9, 0.1), newest=view(), limits=LIMITS)
    assert not calm(kept=view(0.9, 0.9), newest=view(), limits=LIMITS)


def test_an_alert_is_over_when_newer_good_stories_outweigh_the_bad() -> None:
    bad_day = view(*[0.9] * 8)

    assert calm(kept=bad_day, newest=view(0.1, 0.2, 0.1), limits=LIMITS)
    assert not calm(kept=bad_day, newest=view(0.1, 0.2), limits=LIMITS)
    assert not calm(kept=bad_day, newest=view(0.1, 0.9, 0.1), limits=LIMITS)


def test_whatever_raises_an_alert_does_not_resolve_it() -> None:
    bad = view(*[0.9] * 5, *[0.1] * 1)

    assert turned(bad, LIMITS, usual_share=0.2)
    assert not calm(kept=bad, newest=bad, limits=LIMITS)


def test_the_topic_of_an_alert_is_that_of_most_stories() -> None:
    assert main_topic(view(0.9, 0.9, 0.9, topics="abb").stories) == "b"


def test_settings_that_would_flap_are_refused() -> None:
    with pytest.raises(ValueError, match="flap"):
        AlertSettings(resolve_negative_mean=0.6)
    with pytest.raises(ValueError, match="flap"):
        AlertSettings(resolve_negative_count=5)
