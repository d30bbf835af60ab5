"""Corrections made from results: what is taken from where, which are the same, and whose words are kept."""

from typing import Any

from services.gateway.corrections.making import (
    Said,
    corrected_article,
    corrected_image,
    corrected_message,
    says_the_same,
)
from shared.events import Lane
from tests.support.results import NOON, a_routed_message, an_analyzed_image, an_analyzed_story, said

RESULT = a_routed_message()


def words(corrected_by: str | None = "Ada", key_id: str | None = "k1", **right: Any) -> Said:
    return Said(right=right, corrected_by=corrected_by, key_id=key_id, note=None, at=NOON)


def test_text_prediction_and_model_are_those_of_the_result() -> None:
    made = corrected_message(RESULT, words(intent="card_linking"), None)

    assert (made.cause_id, made.message_id, made.text) == (RESULT.event_id, RESULT.message_id, RESULT.text)
    assert (made.predicted, made.model, made.out_of_scope) == (RESULT.intent, "support_intent", 0.2)
    assert (made.routed_lane, made.routed_queue) == (Lane.HUMAN, "triage")
    assert (made.intent, made.corrected_by, made.key_id) == ("card_linking", "Ada", "k1")


def test_a_review_is_corrected_with_the_sentiment_that_was_predicted() -> None:
    review = a_routed_message(sentiment=said("negative", "positive"))

    made = corrected_message(review, words(sentiment="positive"), None)

    assert (made.predicted, made.model) == (review.sentiment, "review_sentiment")


def test_a_story_and_an_image_name_their_input_and_model() -> None:
    story, image = an_analyzed_story(), an_analyzed_image()

    of_story = corrected_article(story, words(sentiment="Neutral"), None)
    of_image = corrected_image(image, words(label="8"), None)

    assert (of_story.article_id, of_story.key, of_story.topic) == (story.cause_id, b"Nestle", None)
    assert (of_image.image_id, of_image.model, of_image.label) == (image.cause_id, "digit", "8")


def test_the_same_words_about_a_result_are_one_event() -> None:
    one = corrected_message(RESULT, words(intent="card_linking"), None)
    again = corrected_message(RESULT, words(intent="card_linking"), None)
    by_another_key = corrected_message(RESULT, words(key_id="k2", intent="card_linking"), None)

    assert one.event_id == again.event_id != by_another_key.event_id
    assert says_the_same(one, again)
    assert not says_the_same(one, by_another_key)


def test_a_change_of_mind_and_back_are_three_events() -> None:
    first = corrected_message(RESULT, words(intent="a"), None)
    second = corrected_message(RESULT, words(intent="b"), first)
    third = corrected_message(RESULT, words(intent="a"), second)

    assert len({first.event_id, second.event_id, third.event_id}) == 3
    assert third.intent == "a"


def test_the_newest_correction_holds_what_an_earlier_one_said() -> None:
    first = corrected_message(RESULT, words(intent="a"), None)
    second = corrected_message(RESULT, words(lane=Lane.AUTO), first)

    assert (second.intent, second.lane) == ("a", Lane.AUTO)


def test_words_without_a_name_do_not_get_one_by_a_later_correction() -> None:
    nameless = corrected_message(RESULT, words(corrected_by=None, intent="a"), None)
    named = corrected_message(RESULT, words(lane=Lane.AUTO), nameless)

    assert (named.corrected_by, named.intent, named.lane) == ("Ada", None, Lane.AUTO)
