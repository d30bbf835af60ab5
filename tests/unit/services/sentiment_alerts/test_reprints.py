"""Which headlines are one story told again."""

import pytest

from services.sentiment_alerts.reprints import content_words, most_similar, similarity
from services.sentiment_alerts.settings import AlertSettings

COMPANY = "Alder Rail"
WIRE = "Alder Rail closes its busiest line after inspectors find cracks in 40 bridges"


def alike(one: str, other: str) -> bool:
    limit = AlertSettings().reprint_similarity
    return similarity(content_words(one, company=COMPANY), content_words(other, company=COMPANY)) >= limit


@pytest.mark.parametrize(
    "told_again",
    [
        "UPDATE 2-" + WIRE,
        "RPT-" + WIRE.upper(),
        "BREAKING: " + WIRE,
        "$ALDR: " + WIRE + " - sources",
        "Alder closes busiest line after inspectors found cracks in 40 bridges",
        "Cracks in 40 bridges: Alder Rail closes busiest line, inspectors say",
    ],
)
def test_light_rewording_and_wire_tags_do_not_make_a_new_story(told_again: str) -> None:
    assert alike(WIRE, told_again)


@pytest.mark.parametrize(
    "other_story",
    [
        "Alder Rail shares fall 12% after its busiest line is closed",
        "Lawyers prepare action against Alder Rail over cracked bridges",
        "Alder Rail opens a new line to the coast",
        "$ALDR",
    ],
)
def test_another_story_about_the_same_event_is_a_story_of_its_own(other_story: str) -> None:
    assert not alike(WIRE, other_story)


def test_a_number_is_part_of_a_short_story() -> None:
    assert not alike("Alder Rail beats Q2 estimates", "Alder Rail beats Q3 estimates")


def test_the_company_name_alone_makes_no_two_stories_alike() -> None:
    assert not alike("Alder Rail", "Alder Rail")


def test_the_first_of_equally_similar_ones_is_the_original() -> None:
    words = content_words(WIRE, company=COMPANY)

    assert most_similar(words, [frozenset({"other"}), words, words]) == (1, 1.0)


def test_nothing_is_similar_to_nothing() -> None:
    assert most_similar(frozenset({"word"}), []) == (-1, 0.0)
