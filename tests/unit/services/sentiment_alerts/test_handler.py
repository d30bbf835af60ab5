"""The alert service, event by event: raised once, updated when worse, resolved when calm."""

import json
from collections import Counter
from collections.abc import Iterable

import pytest

from services.sentiment_alerts.settings import AlertSettings
from services.sentiment_alerts.state import CompanyState
from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import (
    NewsArticleAnalyzed,
    SentimentAlertRaised,
    SentimentAlertResolved,
    SentimentAlertUpdated,
)
from tests.support.stateful import Desk
from tests.unit.services.sentiment_alerts.stories import a_desk, article, record

RAISED, UPDATED, RESOLVED = (
    event.name for event in (SentimentAlertRaised, SentimentAlertUpdated, SentimentAlertResolved)
)


def last(desk: Desk[CompanyState]) -> SentimentAlertRaised:
    """Return the last alert told, read by the fields that all three share."""
    return SentimentAlertRaised.model_validate(desk.told[-1].model_dump())


def surge(count: int, *, first: int = 0, minute: float = 0.0) -> list[NewsArticleAnalyzed]:
    """Return `count` bad stories, ten minutes apart."""
    return [article(first + number, minute=minute + 10 * number) for number in range(count)]


def records(articles: Iterable[NewsArticleAnalyzed], *, offset: int = 0) -> list[Record]:
    return [record(each, offset + number) for number, each in enumerate(articles)]


def test_the_fifth_bad_story_raises_the_alert() -> None:
    desk = a_desk()

    assert desk.read(records(surge(4))) == []
    assert desk.read(records(surge(5)[4:], offset=4)) == [RAISED]


def test_an_alert_says_what_happened_and_shows_the_evidence() -> None:
    desk, stories = a_desk(), surge(5)

    desk.read(records(stories))

    alert = last(desk)
    assert (alert.company, alert.topic, alert.negative_count) == ("Alder Rail", "Legal", 5)
    assert alert.cause_id == stories[-1].event_id
    assert {shown.article_id for shown in alert.evidence} == {story.cause_id for story in stories}
    assert alert.window_end == stories[-1].published_at


def test_a_growing_story_is_told_again_now_and_then() -> None:
    assert a_desk().read(records(surge(15))) == [RAISED, UPDATED, UPDATED]


def test_forty_reprints_of_one_wire_story_raise_no_alert() -> None:
    told = "Cracks found in 40 bridges of the main line"
    reprints = [article(number, minute=number, headline=f"UPDATE {number}-{told}") for number in range(40)]

    desk = a_desk()

    assert desk.read(records(reprints)) == []
    [story] = desk.state("Alder Rail").window.stories
    assert story.reprint_count == 39


def test_a_busy_company_with_calm_news_raises_no_alert() -> None:
    busy = [
        article(number, minute=4 * number, negative=0.9 if number % 9 == 0 else 0.1) for number in range(90)
    ]

    assert a_desk().read(records(busy)) == []


def test_a_surge_that_comes_in_reverse_order_is_not_missed() -> None:
    backwards = [*surge(7)][::-1]

    assert a_desk().read(records(backwards)) == [RAISED]


def test_a_surge_is_not_missed_when_the_recovery_comes_in_first() -> None:
    recovery = [article(100, minute=7 * 60, negative=0.1)]

    assert a_desk().read(records([*recovery, *surge(5)])) == [RAISED]


def test_stories_far_apart_are_no_surge() -> None:
    slow = [article(number, minute=number * 120) for number in range(10)]

    assert a_desk().read(records(slow)) == []


def test_an_alert_is_resolved_when_its_stories_are_past() -> None:
    desk = a_desk()
    desk.read(records(surge(5)))
    raised = last(desk)

    assert desk.read(records([article(50, minute=11 * 60, negative=0.1)], offset=5)) == []
    assert desk.read(records([article(51, minute=13 * 60, negative=0.1)], offset=6)) == [RESOLVED]
    assert last(desk).alert_id == raised.alert_id


def test_the_news_of_others_also_shows_that_an_alert_is_over() -> None:
    desk = a_desk()
    desk.read(records(surge(5)))

    later = article(50, minute=19 * 60, negative=0.1, company="Birch Oil")

    assert desk.read([record(later, 5)]) == [RESOLVED]
    assert last(desk).company == "Alder Rail"


def test_the_news_of_another_partition_says_nothing_about_an_alert() -> None:
    desk = a_desk()
    desk.read(records(surge(5)))

    later = article(50, minute=19 * 60, negative=0.1, company="Birch Oil")

    assert desk.read([record(later, 5, partition=1)]) == []


def test_two_alerts_that_one_article_ends_get_ids_of_their_own() -> None:
    desk = a_desk()
    desk.read(records(surge(5)))
    other = [article(20 + number, minute=number, company="Cedar Bank") for number in range(5)]
    desk.read(records(other, offset=5))

    desk.read([record(article(50, minute=19 * 60, negative=0.1, company="Birch Oil"), 10)])

    ids = [event.event_id for event in desk.told if event.name == RESOLVED]
    assert len(set(ids)) == 2


def test_after_an_alert_its_company_is_quiet_for_a_while() -> None:
    desk = a_desk(AlertSettings(cooldown_h=3, lateness_h=1))
    desk.read(records(surge(5)))
    good = [article(50 + number, minute=120 + number, negative=0.05) for number in range(40)]
    assert desk.read(records(good, offset=5)) == [RESOLVED]

    soon = surge(6, first=200, minute=8 * 60 - 360 + 60)
    later = surge(6, first=300, minute=12 * 60)

    assert desk.read(records(soon, offset=100)) == []
    assert desk.read(records(later, offset=200)) == [RAISED]


def test_an_article_that_comes_twice_counts_once() -> None:
    twice = [story for story in surge(4) for _ in range(3)]

    assert a_desk().read(records(twice)) == []


def test_events_that_the_state_already_holds_change_nothing() -> None:
    desk = a_desk()
    all_records = records(surge(15))
    desk.read(all_records)
    state = desk.state("Alder Rail")

    assert desk.read(all_records) == []
    assert desk.state("Alder Rail") == state


def test_a_replay_from_any_point_tells_the_same_alerts() -> None:
    all_records = records([*surge(8), article(50, minute=30 * 60, negative=0.1)])
    straight = a_desk()
    straight.read(all_records)
    for crash_at in range(len(all_records)):
        desk = a_desk()
        desk.read(all_records[:crash_at])
        desk.decide(all_records[crash_at : crash_at + 1])  # it published, and fell before it stored

        desk.read(all_records)

        assert {event.to_json() for event in desk.told} == {event.to_json() for event in straight.told}


def test_offsets_of_another_partition_are_not_compared() -> None:
    desk = a_desk()
    desk.read(records(surge(4), offset=1000))

    assert desk.read([record(surge(5)[4], 0, partition=3)]) == [RAISED]


def test_a_story_from_the_far_future_is_refused_and_ends_no_window() -> None:
    desk = a_desk()
    desk.read(records(surge(4)))

    with pytest.raises(RejectedError) as refused:
        desk.read([record(article(99, minute=60 * 24 * 365), 4)])

    assert refused.value.reason == "published_in_future"
    assert desk.read(records(surge(5)[4:], offset=5)) == [RAISED]


def test_what_is_no_analyzed_article_is_refused() -> None:
    broken = record(article(1, minute=1), 0)

    with pytest.raises(RejectedError) as refused:
        a_desk().read([Record(broken.partition, 0, broken.key, b"[]", (), 0)])

    assert refused.value.reason == "wrong_shape"


def test_each_event_id_is_used_once() -> None:
    desk = a_desk()
    desk.read(
        records([*surge(15), article(50, minute=30 * 60, negative=0.1), *surge(9, first=60, minute=60 * 23)])
    )

    ids = Counter(event.event_id for event in desk.told)

    assert len(ids) > 3
    assert set(ids.values()) == {1}


def test_a_table_of_version_1_is_read_and_goes_on_behind_its_last_offset() -> None:
    desk = a_desk()
    desk.read(records(surge(4)))
    state = json.loads(desk.rows[b"Alder Rail"])
    old = {name: state[name] for name in ("partition", "window", "alert", "quiet_until")}
    desk.rows.clear()
    desk.rows[b"Alder Rail"] = json.dumps({**old, "company": "Alder Rail", "offset": 3}).encode()
    desk.rows[b"\x000"] = json.dumps({"company": "\x000", "partition": 0, "offset": 7}).encode()

    applied = desk.table.recovered({0})

    assert {topic: last.offset for (topic, _), last in applied.items()} == {NewsArticleAnalyzed.name: 7}
    assert desk.read(records(surge(5))) == [RAISED]
