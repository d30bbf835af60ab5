"""Direct calls: each item has its own answer or problem, and a model that is away is told at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import Response

from services.gateway.settings import DirectSettings
from tests.support.direct_calls import DirectCalls, direct_calls

MODEL = "review_sentiment"
PATH = "/v1/analyze/sentiment"


@pytest.fixture
async def calls(tmp_path: Path) -> AsyncIterator[DirectCalls]:
    """Yield a gateway whose model answers."""
    async with direct_calls(tmp_path) as calls:
        calls.shelf.load("1")
        await calls.opened()
        yield calls


def is_problem(answer: Response, status: int, kind: str) -> bool:
    assert answer.headers["content-type"] == "application/problem+json"
    return (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")


async def test_one_text_gets_its_answer_with_the_model_that_gave_it(calls: DirectCalls) -> None:
    answer = await calls.client.post(PATH, json={"text": "not my film"})

    body = answer.json()
    assert (body["class_id"], body["label"], body["sentiment"]) == (0, "negative", "negative")
    assert body["runner_up"] == "positive"
    assert body["confidence"] - body["margin"] == pytest.approx(1 - body["confidence"])
    assert (body["decision"]["model"], body["decision"]["model_version"]) == (MODEL, "1")


async def test_a_bad_text_of_many_gets_a_problem_in_its_place_and_the_others_their_answers(
    calls: DirectCalls,
) -> None:
    texts = ["fine", "", 5, "x" * 20_001, "\ud83d", "fine again"]

    body = json.dumps({"texts": texts})  # escapes half a character, as httpx would not
    answer = await calls.client.post(PATH, content=body, headers={"Content-Type": "application/json"})

    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [item.get("label") or item["reason"] for item in items] == [
        "negative",
        "empty_text",
        "wrong_shape",
        "text_too_long",
        "lone_surrogate",
        "negative",
    ]
    assert {item["status"] for item in items[1:5]} == {422}


async def test_a_single_bad_text_is_a_problem(calls: DirectCalls) -> None:
    answer = await calls.client.post(PATH, json={"text": " "})

    assert is_problem(answer, 422, "rejected")
    assert answer.json()["reason"] == "empty_text"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"texts": []},
        {"texts": ["a"] * 65},
        {"text": "a", "texts": ["a"]},
        {"text": "a", "more": 1},
        {"texts": None},
        [],
    ],
)
async def test_a_call_of_another_shape_is_refused_as_a_whole(calls: DirectCalls, body: object) -> None:
    answer = await calls.client.post(PATH, json=body)

    assert is_problem(answer, 422, "invalid")


async def test_the_decision_names_the_trace_of_the_caller(calls: DirectCalls) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}

    answer = await calls.client.post(PATH, json={"text": "a"}, headers=headers)

    assert answer.json()["decision"]["trace_id"] == trace


async def test_a_model_that_was_never_there_is_named_and_asked_again_once_it_is(tmp_path: Path) -> None:
    async with direct_calls(tmp_path) as calls:
        before = await calls.client.post(PATH, json={"text": "a"})
        calls.shelf.load("1")
        await calls.opened()
        after = await calls.client.post(PATH, json={"text": "a"})

    assert is_problem(before, 503, "model-away")
    assert before.json()["reason"] == MODEL
    assert int(before.headers["Retry-After"]) > 0
    assert after.status_code == 200


async def test_a_model_that_answers_nobody_in_time_is_no_reason_to_wait(tmp_path: Path) -> None:
    async with direct_calls(tmp_path, DirectSettings(deadline_s=0.01)) as calls:
        calls.shelf.load("1")
        await calls.opened()
        calls.shelf.gate.clear()
        answer = await calls.client.post(PATH, json={"text": "a"})
        calls.shelf.gate.set()

    assert is_problem(answer, 504, "too-late")


async def test_a_model_that_goes_away_is_named_to_those_who_wait_and_to_those_who_come(
    tmp_path: Path,
) -> None:
    async with direct_calls(tmp_path, DirectSettings(deadline_s=0.2)) as calls:
        calls.shelf.load("1")
        await calls.opened()
        calls.shelf.unload("1")
        waiting = await calls.client.post(PATH, json={"text": "a"})
        coming = await calls.client.post(PATH, json={"text": "b"})
        calls.shelf.load("1")
        await calls.opened()
        after = await calls.client.post(PATH, json={"text": "c"})

    assert is_problem(waiting, 503, "model-away")
    assert is_problem(coming, 503, "model-away")
    assert after.status_code == 200


async def test_more_than_is_allowed_at_a_time_comes_again_later(tmp_path: Path) -> None:
    async with direct_calls(tmp_path, DirectSettings(max_items=64)) as calls:
        calls.shelf.load("1")
        await calls.opened()
        calls.shelf.gate.clear()
        first = asyncio.create_task(calls.client.post(PATH, json={"texts": ["a"] * 64}))
        await calls.shelf.asked.wait()
        second = await calls.client.post(PATH, json={"text": "b"})
        calls.shelf.gate.set()
        third = await first

    assert is_problem(second, 503, "busy")
    assert third.status_code == 200
