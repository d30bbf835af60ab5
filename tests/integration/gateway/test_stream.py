"""Stream of results on Kafka: live, filtered, and after any interruption without a loss."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psutil
import pytest
from httpx import AsyncClient

from services.gateway.guard.caller import Scope
from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing, Place
from shared.events import Event, ImageAnalyzed, ImageKind, Lane, Prediction, Priority, SupportMessageRouted
from shared.events.headers import new_trace
from shared.settings import KafkaSettings
from tests.support.buses import delete_before, publish
from tests.support.callers import a_caller
from tests.support.events import NOON, decision
from tests.support.gateways import SETTINGS, gateway
from tests.support.stack import stack_process

ROUTED = {"topics": "routed"}


@dataclass(frozen=True, slots=True)
class Sent:
    """An event of a stream, as a client reads it."""

    type: str
    data: dict[str, Any]
    id: str
    """The last id of the stream so far, which a client sends to go on."""


@pytest.fixture(params=["memory_kafka", "real_kafka"])
def kafka(request: pytest.FixtureRequest) -> KafkaSettings:
    return KafkaSettings(bootstrap=request.getfixturevalue(request.param), fetch_wait_ms=10)


def routed(
    number: int, *, lane: Lane = Lane.HUMAN, queue: str = "cards", confidence: float = 0.9
) -> SupportMessageRouted:
    intent = Prediction(label="card_arrival", confidence=confidence, runner_up="other", margin=0.1)
    return SupportMessageRouted(
        event_id=UUID(int=number),
        occurred_at=NOON,
        cause_id=UUID(int=number),
        message_id=UUID(int=number),
        conversation_id=f"case-{number}",
        text=f"text {number}",
        lane=lane,
        queue=queue,
        priority=Priority.NORMAL,
        reply=None,
        reason="a test",
        intent=intent,
        received_at=NOON,
    )


def image(number: int) -> ImageAnalyzed:
    label = Prediction(label="7", confidence=0.99, runner_up="1", margin=0.98)
    return ImageAnalyzed(
        event_id=UUID(int=number),
        occurred_at=NOON,
        cause_id=UUID(int=number),
        case_id=f"case-{number}",
        kind=ImageKind.DIGIT,
        label=label,
        decision=decision("digit"),
    )


async def write(kafka: KafkaSettings, events: Sequence[Event]) -> None:
    records = [Outgoing.of(event, source="test", trace=new_trace()) for event in events]
    await publish(KafkaBus(kafka), records)


@asynccontextmanager
async def streamed(
    client: AsyncClient, query: dict[str, str] | None = None, *, last_id: str = ""
) -> AsyncIterator[AsyncIterator[Sent]]:
    """Yield the events of a stream that is open, each with the id that the stream has had so far."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with client.stream("GET", "/v1/stream", params=query, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with aclosing(_events(answer.aiter_lines())) as events:
            assert (await anext(events)).type == "opening"
            yield events


async def _events(lines: AsyncIterator[str]) -> AsyncGenerator[Sent]:
    """Yield the opening, and each event."""
    fields: dict[str, str] = {}
    last_id = ""
    async for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
            continue
        last_id = fields.get("id", last_id)
        if "retry" in fields or "data" in fields:
            yield Sent(fields.get("event", "opening"), json.loads(fields.get("data", "{}")), last_id)
        fields = {}


async def taken(events: AsyncIterator[Sent], count: int) -> list[Sent]:
    """Return the next events of a stream."""
    async with asyncio.timeout(40.0):
        return [await anext(events) for _ in range(count)]


def numbers(events: Sequence[Sent]) -> list[int]:
    return [UUID(event.data["event_id"]).int for event in events]


async def test_results_arrive_as_they_are_made_with_all_their_fields(kafka: KafkaSettings) -> None:
    async with gateway(kafka) as door, streamed(door.client) as events:
        await write(kafka, [routed(1), image(2)])
        sent = {event.type: event for event in await taken(events, 2)}

    assert set(sent) == {"support.message_routed.v1", "image.analyzed.v1"}
    assert sent["support.message_routed.v1"].data == json.loads(routed(1).to_json())


async def test_each_subscriber_gets_what_its_filters_let_through(memory_kafka: str) -> None:
    kafka = KafkaSettings(bootstrap=memory_kafka, fetch_wait_ms=10)
    written = [
        routed(1, lane=Lane.AUTO),
        image(2),
        routed(3, queue="loans"),
        routed(4, confidence=0.5),
        routed(5),
    ]
    async with (
        gateway(kafka) as door,
        streamed(door.client, {"topics": "image.analyzed.v1"}) as images,
        streamed(door.client, {"lane": "auto,draft"}) as auto,
        streamed(door.client, {"queue": "loans", "topics": "routed"}) as loans,
        streamed(door.client, {"label": "card_arrival", "min_confidence": "0.8", "queue": "cards"}) as sure,
    ):
        await write(kafka, written)

        assert numbers(await taken(images, 1)) == [2]
        assert numbers(await taken(auto, 1)) == [1]
        assert numbers(await taken(loans, 1)) == [3]
        assert sorted(numbers(await taken(sure, 2))) == [1, 5]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"topics": "messages"}, 400),
        ({"topics": "no.such.topic"}, 400),
        ({"min_confidence": "2"}, 422),
        ({"lanes": "auto"}, 422),
    ],
)
async def test_a_wrong_filter_is_refused_and_not_ignored(
    memory_kafka: str, query: dict[str, str], status: int
) -> None:
    async with gateway(KafkaSettings(bootstrap=memory_kafka)) as door:
        answer = await door.client.get("/v1/stream", params=query)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_id_of_something_else_is_refused(memory_kafka: str) -> None:
    async with gateway(KafkaSettings(bootstrap=memory_kafka)) as door:
        answer = await door.client.get("/v1/stream", headers={"Last-Event-ID": "17"})

    assert answer.status_code == 400


async def test_text_is_null_for_a_key_that_may_not_read_it(memory_kafka: str) -> None:
    kafka = KafkaSettings(bootstrap=memory_kafka, fetch_wait_ms=10)
    async with gateway(kafka, caller=a_caller(Scope.STREAM)) as door, streamed(door.client, ROUTED) as events:
        await write(kafka, [routed(1)])
        [event] = await taken(events, 1)

    assert (event.data["text"], event.data["queue"]) == (None, "cards")


async def test_a_key_without_the_scope_gets_no_stream(memory_kafka: str) -> None:
    async with gateway(KafkaSettings(bootstrap=memory_kafka), caller=a_caller(Scope.RESULTS_ALL)) as door:
        answer = await door.client.get("/v1/stream")

    assert answer.status_code == 403


async def test_a_client_that_comes_back_gets_what_it_missed(kafka: KafkaSettings) -> None:
    async with gateway(kafka) as door:
        async with streamed(door.client, ROUTED) as events:
            await write(kafka, [routed(1)])
            [first] = await taken(events, 1)
        await write(kafka, [image(2), *(routed(number) for number in range(3, 30))])
        async with streamed(door.client, ROUTED, last_id=first.id) as events:
            missed = await taken(events, 27)

    assert sorted(numbers(missed)) == list(range(3, 30))


async def test_a_restarted_gateway_loses_none_of_500_results(kafka: KafkaSettings) -> None:
    seen: list[Sent] = []
    async with gateway(kafka) as door, streamed(door.client, ROUTED) as events:
        writing = asyncio.create_task(write(kafka, [routed(number) for number in range(250)]))
        seen += await taken(events, 100)
    await writing
    await write(kafka, [routed(number) for number in range(250, 400)])
    async with gateway(kafka) as door, streamed(door.client, ROUTED, last_id=seen[-1].id) as events:
        await write(kafka, [routed(number) for number in range(400, 500)])
        async with asyncio.timeout(40.0):
            while len({event.data["event_id"] for event in seen}) < 500:
                seen.append(await anext(events))

    assert set(numbers(seen)) == set(range(500))


async def test_a_ring_that_is_too_short_is_made_up_from_kafka(kafka: KafkaSettings) -> None:
    short = SETTINGS.model_copy(update={"keep_count": 5})
    async with gateway(kafka, settings=short) as door:
        async with streamed(door.client, ROUTED) as events:
            await write(kafka, [routed(1)])
            [first] = await taken(events, 1)
        for number in range(2, 40):
            await write(kafka, [routed(number)])
        async with streamed(door.client, ROUTED, last_id=first.id) as events:
            missed = set(numbers(await taken(events, 38)))

    assert missed == set(range(2, 40))


async def test_a_client_that_comes_back_too_late_is_told_of_the_gap(real_kafka: str) -> None:
    kafka = KafkaSettings(bootstrap=real_kafka)
    async with gateway(kafka) as door, streamed(door.client, ROUTED) as events:
        await write(kafka, [routed(1)])
        [first] = await taken(events, 1)
    places = await _written(kafka, [routed(1), routed(1), routed(1)])
    partition, offset = places[1]
    await delete_before(real_kafka, partition, offset + 1)
    async with gateway(kafka) as door, streamed(door.client, ROUTED, last_id=first.id) as events:
        gap, rest = await taken(events, 2)

    [lost] = gap.data["partitions"]
    assert gap.type == "gap"
    assert (lost["partition"], lost["first_offset"]) == (partition.number, offset + 1)
    assert lost["next_offset"] <= offset
    assert lost["first_at"] is not None
    assert rest.type == "support.message_routed.v1"


async def _written(kafka: KafkaSettings, events: Sequence[SupportMessageRouted]) -> Sequence[Place]:
    producer = KafkaBus(kafka).producer()
    await producer.start()
    try:
        return await producer.publish(
            [Outgoing.of(each, source="test", trace=new_trace()) for each in events]
        )
    finally:
        await producer.stop()


async def test_streams_end_at_once_when_the_gateway_stops(memory_kafka: str) -> None:
    kafka = KafkaSettings(bootstrap=memory_kafka, fetch_wait_ms=10)
    clock = asyncio.get_running_loop().time
    async with AsyncClient() as client:
        async with gateway(kafka) as door:
            asked = client.build_request("GET", door.client.base_url.join("/v1/stream"))
            answer = await client.send(asked, stream=True)
            stopped_s = clock()
        await answer.aread()

    assert clock() - stopped_s < 2.0  # an open request would be cut after 3


async def test_a_stream_goes_on_when_the_broker_was_killed_and_is_back() -> None:
    with stack_process("--kafka", "real", "--no-triton", "--no-redis") as stack:
        kafka = KafkaSettings(bootstrap=stack.addresses().kafka_bootstrap)
        async with gateway(kafka) as door, streamed(door.client, ROUTED) as events:
            await write(kafka, [routed(1)])
            before = await taken(events, 1)
            psutil.Process(stack.pid("kafka")).kill()
            await asyncio.to_thread(stack.wait_for, within_s=60.0, part="kafka", state="ready")
            await write(kafka, [routed(2)])
            after = await taken(events, 1)

    assert numbers([*before, *after]) == [1, 2]
