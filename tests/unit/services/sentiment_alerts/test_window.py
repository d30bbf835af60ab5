"""The window: what is kept, what leaves, and what is remembered of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.sentiment_alerts.reprints import kept_words
from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.window import Baseline, Story, Window
from tests.unit.services.sentiment_alerts.stories import COMPANY, START

LIMITS = AlertSettings(window_h=6, lateness_h=2, max_story_count=10)


def story(number: int, *, hour: float, negative: float = 0.9, headline: str = "") -> Story:
    return Story(
        article_id=UUID(int=number),
        headline=headline or f"no{number} and{number}",
        source="Harbour Wire",
        topic="Legal",
        published_at=START + timedelta(hours=hour),
        negative=negative,
    )


def window(*stories: Story, limits: AlertSettings = LIMITS) -> Window:
    filled = Window()
    for each in stories:
        filled = filled.add(each, company=COMPANY, limits=limits)
    return filled


def test_stories_stay_in_event_time_order_however_they_arrive() -> None:
    filled = window(story(1, hour=2), story(2, hour=1), story(3, hour=3))

    assert [kept.article_id.int for kept in filled.stories] == [2, 1, 3]


def test_a_story_leaves_when_event_time_has_passed_its_window_and_the_lateness() -> None:
    filled = window(story(1, hour=0), story(2, hour=1), story(3, hour=8.5))

    assert [kept.article_id.int for kept in filled.stories] == [2, 3]


def test_time_never_runs_backwards() -> None:
    filled = window(story(1, hour=5), story(2, hour=1))

    assert filled.watermark == START + timedelta(hours=5)


def test_a_window_that_time_changes_nothing_in_stays_as_it_is() -> None:
    filled = window(story(1, hour=5), story(2, hour=6))

    assert filled.advanced(START + timedelta(hours=1), LIMITS) is filled


def test_a_window_gets_shorter_at_once_where_less_is_to_be_kept() -> None:
    filled = window(story(1, hour=1), story(2, hour=6))
    shorter = AlertSettings(window_h=2, lateness_h=1)

    assert [kept.article_id.int for kept in filled.advanced(START, shorter).stories] == [2]


def test_too_late_is_what_could_join_no_window_any_more() -> None:
    filled = window(story(1, hour=8))

    assert filled.too_late(START, LIMITS)
    assert not filled.too_late(START + timedelta(minutes=1), LIMITS)


def test_the_oldest_stories_go_first_when_there_are_too_many() -> None:
    filled = window(*(story(number, hour=number / 10) for number in range(1, 15)))

    assert [kept.article_id.int for kept in filled.stories] == list(range(5, 15))


def test_a_reprint_is_noted_on_its_original_and_not_counted() -> None:
    told = "Cracks found in 40 bridges"
    filled = window(story(1, hour=1, headline=told), story(2, hour=2, headline="UPDATE 1-" + told))

    [original] = filled.stories

    assert (original.article_id.int, original.reprint_count) == (1, 1)
    assert filled.knows(UUID(int=1))
    assert filled.knows(UUID(int=2))
    assert not filled.knows(UUID(int=3))


def test_a_thousand_reprints_do_not_grow_the_window_without_bound() -> None:
    told = "Cracks found in 40 bridges"
    filled = window(*(story(number, hour=1, headline=told) for number in range(1001)))

    [original] = filled.stories

    assert original.reprint_count == 1000
    assert len(filled.model_dump_json()) < 5_000


def test_a_very_long_headline_is_kept_short() -> None:
    [kept] = window(story(1, hour=1, headline="bad news " * 10_000)).stories

    assert len(kept.headline) == 300


def test_the_views_with_a_story_are_those_whose_span_holds_it() -> None:
    filled = window(story(1, hour=1), story(2, hour=3), story(3, hour=6.5), story(4, hour=8))

    views = list(filled.views_with(START + timedelta(hours=3), timedelta(hours=4)))

    assert [[kept.article_id.int for kept in view.stories] for view in views] == [[1, 2], [2, 3]]


def test_a_window_survives_the_way_through_json() -> None:
    filled = window(story(1, hour=1), story(2, hour=9))

    assert Window.model_validate_json(filled.model_dump_json()) == filled


def test_an_unknown_company_is_expected_to_be_usual() -> None:
    assert Baseline().share(LIMITS) == pytest.approx(0.25)


def test_what_leaves_the_window_teaches_what_is_usual() -> None:
    bad = window(*(story(number, hour=number / 10) for number in range(5)), story(9, hour=20))
    good = window(*(story(number, hour=number / 10, negative=0.1) for number in range(5)), story(9, hour=20))

    assert good.baseline.share(LIMITS) < 0.25 < bad.baseline.share(LIMITS)


def test_old_stories_weigh_half_after_a_half_life() -> None:
    limits = AlertSettings(memory_h=10)

    learned = Baseline().absorb(story(1, hour=0), limits).absorb(story(2, hour=10, negative=0.0), limits)

    assert learned.story_weight == pytest.approx(1.5)
    assert learned.negative_weight == pytest.approx(0.5)


def test_what_reprints_say_is_not_remembered() -> None:
    told = "Cracks found in 40 bridges"
    before = kept_words.cache_info().currsize

    window(
        story(1, hour=1, headline=told),
        *(story(number, hour=2, headline=f"UPDATE {number}-{told}") for number in range(2, 50)),
    )

    assert kept_words.cache_info().currsize <= before + 1
