"""Receipt of messages and stories: from a request to its record."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.gateway.guard.caller import Scope
from shared.bus.memory import MemoryBus
from shared.events import CustomerMessageReceived, NewsArticlePublished
from shared.events.codec import decode
from shared.events.headers import trace_of
from tests.support.callers import a_caller
from tests.support.receiving import LINKS, acceptor, receiving, records

MESSAGE = {"conversation_id": "c-17", "text": "Where is my card?"}
ARTICLE = {"source": "wire", "company": "Acme", "headline": "Acme recalls its kettle"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-03"


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def client(bus: MemoryBus) -> AsyncIterator[httpx.AsyncClient]:
    async with receiving(acceptor(bus.producer()).accept) as client:
        yield client


async def test_an_accepted_message_is_on_its_topic_and_can_be_decoded(
    bus: MemoryBus, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/messages", json={**MESSAGE, "channel": "email", "customer_id": "u1"})

    assert answer.status_code == 202
    [record] = records(bus, CustomerMessageReceived.name)
    event = decode(CustomerMessageReceived, key=record.key, value=record.value, headers=record.headers)
    assert str(event.event_id) == answer.json()["event_id"]
    assert (event.conversation_id, event.customer_id, event.channel) == ("c-17", "u1", "email")
    assert event.text == MESSAGE["text"]
    assert datetime.now(UTC) - event.occurred_at < timedelta(minutes=1)
    assert dict(record.headers)["ce_source"] == b"tidemill/gateway"


async def test_the_link_leads_to_the_place_of_the_record(bus: MemoryBus, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/messages", json=MESSAGE)

    [record] = records(bus, CustomerMessageReceived.name)
    link = httpx.URL(answer.headers["location"])
    receipt = LINKS.read(uuid.UUID(answer.json()["event_id"]), link.params["at"])
    assert receipt.place == (record.partition, record.offset)
    assert answer.json()["result_url"] == str(link)


async def test_a_story_keeps_the_time_at_which_it_was_published(
    bus: MemoryBus, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/articles", json={**ARTICLE, "occurred_at": "2026-03-04T12:00:00+01:00"})

    assert answer.status_code == 202
    [record] = records(bus, NewsArticlePublished.name)
    event = decode(NewsArticlePublished, key=record.key, value=record.value, headers=record.headers)
    assert event.occurred_at == datetime(2026, 3, 4, 11, tzinfo=UTC)


async def test_a_batch_is_accepted_as_a_whole_and_in_its_order(
    bus: MemoryBus, client: httpx.AsyncClient
) -> None:
    batch = [{**MESSAGE, "text": str(number)} for number in range(64)]

    answer = await client.post("/v1/messages/batch", json=batch)

    assert answer.status_code == 202
    found = records(bus, CustomerMessageReceived.name)
    events = [CustomerMessageReceived.from_json(record.value or b"") for record in found]
    assert [event.text for event in events] == [each["text"] for each in batch]
    assert [str(event.event_id) for event in events] == [each["event_id"] for each in answer.json()]


async def test_one_wrong_item_stops_its_batch(bus: MemoryBus, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/articles/batch", json=[ARTICLE, {**ARTICLE, "headline": " "}])

    assert answer.status_code == 422
    [complaint] = answer.json()["errors"]
    assert (complaint["pointer"], complaint["reason"]) == ("#/1/headline", "empty_text")
    assert records(bus, NewsArticlePublished.name) == []


@pytest.mark.parametrize("count", [0, 65])
async def test_a_batch_has_1_to_64_items(client: httpx.AsyncClient, count: int) -> None:
    answer = await client.post("/v1/messages/batch", json=[MESSAGE] * count)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": " \n"}, "empty_text"),
        ({"text": "x" * 20_001}, "text_too_long"),
        ({"occurred_at": "1969-12-31T23:59:59Z"}, "time_out_of_range"),
        ({"occurred_at": 1772625600}, "wrong_shape"),
        ({"channel": "fax"}, "wrong_shape"),
        ({"chanel": "email"}, "wrong_shape"),
        ({"event_id": "5f0c6b1e-2d1c-4a53-9a53-0c62f4a7e2d1"}, "wrong_shape"),
        ({"conversation_id": ""}, "wrong_shape"),
        ({"text": None}, "wrong_shape"),
    ],
)
async def test_what_would_be_a_dead_letter_is_refused_with_its_reason(
    bus: MemoryBus, client: httpx.AsyncClient, change: dict[str, Any], reason: str
) -> None:
    answer = await client.post("/v1/messages", json={**MESSAGE, **change})

    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert answer.json()["errors"][0]["pointer"] == f"#/{next(iter(change))}"
    assert records(bus, CustomerMessageReceived.name) == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_message_of_another_type_than_json_is_refused(
    client: httpx.AsyncClient, media_type: str
) -> None:
    headers = {"content-type": media_type} if media_type else {}

    answer = await client.post("/v1/messages", content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert answer.headers["accept-post"] == "application/json"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{", 400, "not_json"),
        (b"", 400, "not_json"),
        (b"[" * 100_000, 400, "not_json"),
        (b'{"text": "\xff"}', 400, "invalid_utf8"),
        (b'{"text": "\\ud83d"}', 400, "lone_surrogate"),
        (b'{"text": NaN}', 422, "wrong_shape"),
        (b"[]", 422, "wrong_shape"),
        (b'{"text": ["my password"]}', 422, "wrong_shape"),
    ],
)
async def test_a_body_that_is_no_message_is_refused_without_repeating_it(
    client: httpx.AsyncClient, body: bytes, status: int, reason: str
) -> None:
    answer = await client.post("/v1/messages", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "password" not in answer.text


async def test_a_caller_without_the_scope_is_refused(bus: MemoryBus) -> None:
    async with receiving(acceptor(bus.producer()).accept, by=a_caller()) as client:
        answers = [
            await client.post(f"/v1/{path}", json=MESSAGE) for path in ("messages", "articles", "images")
        ]

    assert {answer.status_code for answer in answers} == {403}


async def test_the_record_has_the_trace_of_the_request(bus: MemoryBus, client: httpx.AsyncClient) -> None:
    headers = {"traceparent": PARENT, "tracestate": "vendor=1"}

    answer = await client.post("/v1/messages", json=MESSAGE, headers=headers)

    [record] = records(bus, CustomerMessageReceived.name)
    trace = trace_of(record.headers)
    assert (trace.parent, trace.state) == (PARENT, "vendor=1")
    assert answer.headers["traceresponse"] == PARENT


async def test_a_request_without_a_trace_begins_one_and_is_told(
    bus: MemoryBus, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/messages", json=MESSAGE)

    [record] = records(bus, CustomerMessageReceived.name)
    assert answer.headers["traceresponse"] == trace_of(record.headers).parent


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "caf\xe9", "a\tb"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    headers = [(b"idempotency-key", key.encode("latin-1"))]

    answer = await client.post("/v1/messages", json=MESSAGE, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


async def test_the_same_key_gives_the_same_event_and_another_callers_key_another(bus: MemoryBus) -> None:
    ids = []
    for caller, key in (("k1", "a"), ("k1", '"a"'), ("k2", "a")):
        by = a_caller(Scope.MESSAGES_WRITE, key_id=caller)
        async with receiving(acceptor(bus.producer()).accept, by=by) as client:
            answer = await client.post("/v1/messages", json=MESSAGE, headers={"Idempotency-Key": key})
            ids.append(answer.json()["event_id"])

    assert ids[0] == ids[1] != ids[2]
