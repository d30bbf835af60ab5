"""Corrections over HTTP: made from the result, on their topic once though sent twice, exported."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from services.gateway.guard.caller import ANYBODY, Scope
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing
from shared.events import Event, ImageCorrected, NewsArticleCorrected, SupportMessageCorrected
from shared.events.headers import new_trace
from shared.settings import KafkaSettings
from tests.integration.gateway.doors import door
from tests.support.callers import a_caller
from tests.support.results import a_routed_message, an_analyzed_image, an_analyzed_story, said

PATH = "/v1/corrections"
WRITES, READS, TEXT = Scope.CORRECTIONS_WRITE, Scope.RESULTS_ALL, Scope.TEXT_READ


@pytest.fixture
async def client(memory_kafka: str) -> AsyncIterator[httpx.AsyncClient]:
    async with door(memory_kafka, a_caller(WRITES, READS, TEXT)) as client:
        yield client


async def put(bootstrap: str, result: Event) -> dict[str, int]:
    """Publish a result, and return its place as a correction names it."""
    producer = KafkaBus(KafkaSettings(bootstrap=bootstrap)).producer()
    await producer.start()
    try:
        [(partition, offset)] = await producer.publish(
            [Outgoing.of(result, source="/test", trace=new_trace())]
        )
    finally:
        await producer.stop()
    return {"partition": partition.number, "offset": offset}


async def on_topic(bootstrap: str, kind: type[Event], cause: Event) -> list[Event]:
    """Return the corrections of a result that are on their topic."""
    reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [kind.name])
    await reader.start()
    try:
        values = [record.value or b"" async for batch in reader.until_end() for record in batch]
    finally:
        await reader.stop()
    return [kind.from_json(each) for each in values if str(cause.event_id).encode() in each]


async def test_a_correction_that_is_sent_twice_is_on_its_topic_once(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    routed = a_routed_message()
    body = {"result": await put(memory_kafka, routed), "intent": "card_linking"}

    with capture_logs() as lines:
        answers = [await client.post(f"{PATH}/messages", json=body) for _ in range(2)]

    first, second = (answer.json() for answer in answers)
    [event] = await on_topic(memory_kafka, SupportMessageCorrected, routed)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert (first["repeated"], second["repeated"]) == (False, True)
    assert first["event_id"] == second["event_id"] == str(event.event_id)
    assert isinstance(event, SupportMessageCorrected)
    assert (event.text, event.intent, event.predicted) == (routed.text, "card_linking", routed.intent)
    assert (event.corrected_by, event.key_id) == ("shop", "k1")
    assert [line["key_id"] for line in lines if line["event"] == "correction_accepted"] == ["k1"]
    assert routed.text not in str(lines)


async def test_another_gateway_knows_what_was_corrected_already(memory_kafka: str) -> None:
    routed = a_routed_message()
    body = {"result": await put(memory_kafka, routed), "lane": "auto", "queue": "cards"}

    for _ in range(2):
        async with door(memory_kafka, a_caller(WRITES)) as client:
            answer = await client.post(f"{PATH}/messages", json=body)

    assert answer.json()["repeated"]
    assert len(await on_topic(memory_kafka, SupportMessageCorrected, routed)) == 1


async def test_stories_and_images_are_corrected_too(memory_kafka: str, client: httpx.AsyncClient) -> None:
    story, image = an_analyzed_story(), an_analyzed_image()
    of_story = {"result": await put(memory_kafka, story), "sentiment": "Neutral", "corrected_by": "Ada"}
    of_image = {"result": await put(memory_kafka, image), "label": "out_of_scope"}

    told = [
        (await client.post(f"{PATH}/articles", json=of_story)).json()["trains"],
        (await client.post(f"{PATH}/images", json=of_image)).json()["trains"],
    ]

    [article] = await on_topic(memory_kafka, NewsArticleCorrected, story)
    [picture] = await on_topic(memory_kafka, ImageCorrected, image)
    assert told == [True, True]
    assert isinstance(article, NewsArticleCorrected)
    assert (article.sentiment, article.corrected_by) == ("Neutral", "Ada")
    assert isinstance(picture, ImageCorrected)
    assert picture.label == "out_of_scope"


async def test_without_keys_and_without_a_name_a_correction_never_trains(memory_kafka: str) -> None:
    routed = a_routed_message()
    body = {"result": await put(memory_kafka, routed), "intent": "card_linking"}

    async with door(memory_kafka, ANYBODY) as client:
        receipt = (await client.post(f"{PATH}/messages", json=body)).json()
        exported = (await client.get(PATH, params={"kind": "messages"})).text
        for_training = (await client.get(PATH, params={"training": True})).text

    [event] = await on_topic(memory_kafka, SupportMessageCorrected, routed)
    assert isinstance(event, SupportMessageCorrected)
    assert (event.corrected_by, event.key_id, receipt["trains"]) == (None, None, False)
    assert str(event.event_id) in exported
    assert str(event.event_id) not in for_training


@pytest.mark.parametrize("path", ["messages", "articles", "images"])
async def test_without_the_scope_nothing_is_corrected(memory_kafka: str, path: str) -> None:
    field = {"messages": "intent", "articles": "topic", "images": "label"}[path]
    body = {"result": {"partition": 0, "offset": 0}, field: "a"}

    async with door(memory_kafka, a_caller(READS, TEXT)) as client:
        answer = await client.post(f"{PATH}/{path}", json=body)

    assert answer.status_code == 403
    assert "corrections:write" in answer.json()["detail"]


@pytest.mark.parametrize("scopes", [(WRITES,), (READS,), (TEXT, Scope.RESULTS_OWN)])
async def test_the_export_needs_the_right_to_all_results_and_to_text(
    memory_kafka: str, scopes: tuple[Scope, ...]
) -> None:
    async with door(memory_kafka, a_caller(*scopes)) as client:
        assert (await client.get(PATH)).status_code == 403


async def test_the_export_has_the_newest_correction_of_each_result(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    routed = a_routed_message(uuid4().hex)
    place = await put(memory_kafka, routed)
    for intent in ("card_linking", "age_limit"):
        await client.post(f"{PATH}/messages", json={"result": place, "intent": intent})

    lines = (await client.get(PATH, params={"kind": "messages"})).text.splitlines()
    table = (await client.get(PATH, params={"format": "csv"})).text

    [told] = [each for each in map(json.loads, lines) if each["cause_id"] == str(routed.event_id)]
    assert (told["type"], told["intent"]) == (SupportMessageCorrected.name, "age_limit")
    assert [line.count(str(routed.event_id)) for line in table.splitlines()].count(1) == 1


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"intent": "no_such_label"}, 422, "choose one of"),
        ({"sentiment": "positive"}, 422, "no review"),
        ({}, 422, "name what is right"),
        ({"lane": "fast"}, 422, "lane"),
        ({"queue": "two\nlines"}, 422, "queue"),
        ({"intent": "age_limit", "text": "mine"}, 422, "text"),
        ({"intent": "age_limit", "event_id": str(uuid4())}, 422, "event_id"),
        ({"intent": "age_limit", "note": "x" * 2_001}, 422, "note"),
    ],
)
async def test_what_can_not_be_right_is_refused_with_the_cure(
    memory_kafka: str, client: httpx.AsyncClient, body: dict[str, Any], status: int, told: str
) -> None:
    place = await put(memory_kafka, a_routed_message())

    answer = await client.post(f"{PATH}/messages", json={"result": place, **body})

    assert answer.status_code == status
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("offset", [2**40, 2**53 - 1])
async def test_a_place_without_a_result_is_not_found(client: httpx.AsyncClient, offset: int) -> None:
    body = {"result": {"partition": 0, "offset": offset}, "intent": "age_limit"}

    assert (await client.post(f"{PATH}/messages", json=body)).status_code == 404


async def test_a_review_has_no_intent_to_correct(memory_kafka: str, client: httpx.AsyncClient) -> None:
    place = await put(memory_kafka, a_routed_message(sentiment=said("negative", "positive")))

    refused = await client.post(f"{PATH}/messages", json={"result": place, "intent": "age_limit"})
    accepted = await client.post(f"{PATH}/messages", json={"result": place, "sentiment": "positive"})

    assert (refused.status_code, accepted.status_code) == (422, 202)
