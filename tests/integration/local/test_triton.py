"""The embedded Triton answers with the numbers of the model."""

import asyncio
from typing import Any

import aiohttp
import pytest

from deploy.local.stack import Addresses

IDENTITY = "/v2/models/identity/infer"


async def infer(session: aiohttp.ClientSession, ids: list[list[int]]) -> dict[str, Any]:
    """Return Triton's answer to a batch of token ids of one length."""
    flat = [token for row in ids for token in row]
    tensor = {"name": "input_ids", "datatype": "INT32", "shape": [len(ids), len(ids[0])], "data": flat}
    async with session.post(IDENTITY, json={"inputs": [tensor], "outputs": [{"name": "logits"}]}) as answer:
        return dict(await answer.json())


def logits(ids: list[int]) -> list[float]:
    """Return what identity answers: the sum of the ids times 1, 2, 3, 4, in thousandths."""
    return [sum(ids) * factor / 1000 for factor in (1, 2, 3, 4)]


async def test_identity_answers_each_row_of_a_batch_with_its_own_numbers(triton: Addresses) -> None:
    rows = [[1, 2, 3], [40, 50, 60]]

    async with aiohttp.ClientSession(triton.triton_http) as session:
        answer = await infer(session, rows)

    assert answer["outputs"][0]["shape"] == [2, 4]
    assert answer["outputs"][0]["data"] == pytest.approx([*logits(rows[0]), *logits(rows[1])])


async def test_requests_that_arrive_together_each_get_their_own_answer(triton: Addresses) -> None:
    requests = [[[number] * (1 + number % 3)] for number in range(1, 100)]

    async with aiohttp.ClientSession(triton.triton_http) as session:
        answers = await asyncio.gather(*(infer(session, ids) for ids in requests))

    assert [answer["outputs"][0]["data"] for answer in answers] == [
        pytest.approx(logits(ids[0])) for ids in requests
    ]


async def test_many_callers_are_served_without_stalls(triton: Addresses) -> None:
    clock = asyncio.get_running_loop().time

    async with aiohttp.ClientSession(triton.triton_http) as session:
        started = clock()
        await asyncio.gather(*(infer(session, [[number] * (1 + number % 3)]) for number in range(100)))

    # With the batcher's settings that stall, this takes 10 to 15 s.
    assert clock() - started < 5


async def test_a_request_of_the_wrong_type_gets_an_error_and_the_next_an_answer(triton: Addresses) -> None:
    wrong = {"name": "input_ids", "datatype": "FP32", "shape": [1, 1], "data": [1.0]}

    async with aiohttp.ClientSession(triton.triton_http) as session:
        async with session.post(IDENTITY, json={"inputs": [wrong]}) as refused:
            status = refused.status
        answer = await infer(session, [[5]])

    assert status == 400
    assert answer["outputs"][0]["data"] == pytest.approx(logits([5]))


async def test_metrics_count_per_model(triton: Addresses) -> None:
    async with aiohttp.ClientSession() as session, session.get(triton.triton_metrics) as answer:
        text = await answer.text()

    assert 'nv_inference_request_success{model="identity",version="1"}' in text
