"""Recent answers: bounded, and known to the calls that wait."""

import asyncio
from uuid import UUID

from services.gateway.results.answers import Refusal, Result, Status
from services.gateway.results.recent import RecentAnswers
from shared.events import CustomerMessageAnalyzed, NewsArticleAnalyzed, SupportMessageRouted

ONE = UUID(int=1)
ANALYZED = Result(CustomerMessageAnalyzed.name, b"{}")
ROUTED = Result(SupportMessageRouted.name, b"{}")
STORY = Result(NewsArticleAnalyzed.name, b"x" * 1000)


def recent(*, max_count: int = 100, max_bytes: int = 10**6) -> RecentAnswers:
    return RecentAnswers(max_count=max_count, max_bytes=max_bytes)


async def test_a_call_gets_the_answer_when_its_last_result_arrives() -> None:
    answers = recent()
    with answers.expected(ONE) as complete:
        answers.note(ONE, ANALYZED)
        was_done = complete.done()
        answers.note(ONE, ROUTED)

        assert not was_done
        assert complete.result().results == (ANALYZED, ROUTED)


async def test_a_refusal_is_an_answer() -> None:
    answers = recent()
    with answers.expected(ONE) as complete:
        answers.note(ONE, Refusal("empty_text", "text: empty"))

        assert complete.result().status is Status.REFUSED


async def test_an_answer_that_is_there_already_is_given_at_once() -> None:
    answers = recent()
    answers.note(ONE, ROUTED)

    with answers.expected(ONE) as complete:
        assert complete.done()


async def test_all_calls_for_one_event_get_its_answer() -> None:
    answers = recent()
    with answers.expected(ONE) as first, answers.expected(ONE) as second:
        answers.note(ONE, ROUTED)

        assert first.result() is second.result()


async def test_a_call_that_leaves_is_forgotten() -> None:
    answers = recent()
    with answers.expected(ONE):
        pass

    answers.note(ONE, ROUTED)

    assert answers.waiting_count == 0


async def test_a_cancelled_call_hurts_no_other() -> None:
    answers = recent()
    with answers.expected(ONE) as first, answers.expected(ONE) as second:
        first.cancel()
        answers.note(ONE, ROUTED)

        assert await asyncio.wait_for(second, 1.0)


def test_a_result_that_is_sent_again_replaces_the_first() -> None:
    answers = recent()
    answers.note(ONE, ROUTED)
    answers.note(ONE, Result(ROUTED.topic, b'{"again": 1}'))

    known = answers.get(ONE)

    assert known is not None
    assert [result.value for result in known.results] == [b'{"again": 1}']


def test_a_replayed_letter_ends_as_done() -> None:
    answers = recent()
    answers.note(ONE, Refusal("model_failed", "broke"))

    assert answers.note(ONE, ROUTED).status is Status.DONE


def test_the_oldest_answers_make_room_by_count() -> None:
    answers = recent(max_count=2)
    for number in range(4):
        answers.note(UUID(int=number), ROUTED)

    assert [answers.get(UUID(int=number)) is not None for number in range(4)] == [False, False, True, True]


def test_the_oldest_answers_make_room_by_bytes() -> None:
    answers = recent(max_bytes=3200)
    for number in range(4):
        answers.note(UUID(int=number), STORY)

    assert [answers.get(UUID(int=number)) is not None for number in range(4)] == [False, False, True, True]
