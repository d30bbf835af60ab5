"""Results over HTTP on Kafka: in the same call, later by a link, after a restart, and when they are gone."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from shared.settings import KafkaSettings
from tests.support.answering import REFUSED_TEXT, answering
from tests.support.gateways import gateway

WAIT = {"Prefer": "wait=20"}


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaSettings:
    return KafkaSettings(bootstrap=request.getfixturevalue(request.param), fetch_wait_ms=10)


async def test_a_caller_who_waits_gets_all_results_in_the_same_call(kafka: KafkaSettings) -> None:
    async with answering(kafka), gateway(kafka) as door:
        answer = await door.client.post("/messages", content="Where is my card?", headers=WAIT)

    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert [result["type"] for result in answer.json()["results"]] == [
        "customer.message_analyzed.v1",
        "support.message_routed.v1",
    ]
    assert {result["data"]["text"] for result in answer.json()["results"]} == {"Where is my card?"}


async def test_a_refused_message_is_answered_with_its_reason(kafka: KafkaSettings) -> None:
    async with answering(kafka), gateway(kafka) as door:
        answer = await door.client.post("/messages", content=REFUSED_TEXT, headers=WAIT)

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["results"]) == ("refused", [])
    assert answer.json()["problem"]["reason"] == "model_refused"


async def test_a_link_is_pending_done_and_still_done_for_another_gateway(kafka: KafkaSettings) -> None:
    async with gateway(kafka) as door:
        sent = await door.client.post("/messages", content="hello", headers={"Prefer": "wait=1"})
        link = sent.headers["Location"]
        pending = await door.client.get(link)
    async with answering(kafka), gateway(kafka) as door:
        done = await _done(door.client, link)
    async with gateway(kafka) as door:
        again = await door.client.get(link)
        bare = await door.client.get(link.partition("?")[0])

    assert (sent.status_code, pending.status_code, again.status_code) == (202, 202, 200)
    assert pending.json()["status"] == "pending"
    assert [r["data"]["text"] for r in again.json()["results"]] == ["hello", "hello"]
    assert again.json() == done
    assert bare.status_code == 200  # what was found is kept in memory


async def _done(client: AsyncClient, link: str) -> Any:
    async with asyncio.timeout(30.0):
        while (answer := await client.get(link)).status_code == 202:  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.1)  # a caller who asks again, as `Retry-After` says
    return answer.json()
