"""Dead letters over HTTP: found by time and header, paged, read, and sent again once."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from structlog.testing import capture_logs

from services.gateway.guard.caller import Scope
from shared.bus.dead_letters import ATTEMPT_HEADER, dead_letter
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.events import CustomerMessageAnalyzed, ImageReceived, SupportMessageRouted
from shared.events.headers import Headers
from shared.reasons import Reason
from shared.settings import KafkaSettings
from tests.integration.gateway.doors import door
from tests.integration.services.analyzed import analyzed_message
from tests.integration.services.service_process import Results, publish, running
from tests.support.callers import a_caller

PATH = "/v1/dead-letters"
READS, REPLAYS, TEXT = Scope.DEAD_READ, Scope.DEAD_REPLAY, Scope.TEXT_READ


@pytest.fixture
async def client(memory_kafka: str) -> AsyncIterator[httpx.AsyncClient]:
    async with door(memory_kafka, a_caller(READS, REPLAYS, TEXT)) as client:
        yield client


def a_letter(
    value: bytes | None, mark: str, *, topic: str = ImageReceived.name, key: bytes = b"case"
) -> Outgoing:
    """Return a letter whose record has a header that no other test uses."""
    headers = (("mark", mark.encode()), ("traceparent", b"00-1"))
    record = Record(Partition(topic, 0), 7, key, value, headers, 0)
    return dead_letter(record, RejectedError(Reason.NOT_JSON, "expected value"), group="g")


async def put(bootstrap: str, *letters: Outgoing) -> None:
    """Write letters one after the other, so that their times are in order."""
    for letter in letters:
        await publish(bootstrap, [letter])


async def found(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    letters: list[dict[str, Any]] = answer.json()["letters"]
    return letters


async def sent_with(bootstrap: str, mark: str) -> list[Headers]:
    """Return the headers of the records on the topic that have this mark."""
    reader = KafkaReader(KafkaSettings(bootstrap=bootstrap), [ImageReceived.name])
    await reader.start()
    try:
        records = [record async for fetched in reader.until_end() for record in fetched]
    finally:
        await reader.stop()
    return [each.headers for each in records if ("mark", mark.encode()) in each.headers]


def place(letter: dict[str, Any]) -> dict[str, Any]:
    return {name: letter[name] for name in ("topic", "partition", "offset")}


async def test_letters_are_found_by_a_header_and_paged_from_either_end(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    mark = uuid4().hex
    await put(memory_kafka, *(a_letter(str(number).encode(), mark) for number in range(5)))

    first = (await client.get(PATH, params={"text": mark, "limit": 3})).json()
    second = (await client.get(PATH, params={"text": mark, "limit": 3, "after": first["next"]})).json()
    from_start = await found(client, text=mark, order="first")

    paged = [each["offset"] for each in first["letters"] + second["letters"]]
    assert (len(first["letters"]), second["next"]) == (3, None)
    assert paged == sorted(paged, reverse=True)
    assert [each["offset"] for each in from_start] == paged[::-1]
    assert "sender" in from_start[0]["cure"]


async def test_letters_are_found_by_their_time(memory_kafka: str, client: httpx.AsyncClient) -> None:
    mark = uuid4().hex
    await put(memory_kafka, *(a_letter(b"{", mark) for _ in range(4)))
    times = [each["time"] for each in await found(client, text=mark, order="first")]

    later = await found(client, text=mark, since=times[2])
    earlier = await found(client, text=mark, until=times[2])
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()

    assert {each["time"] for each in later} == {time for time in times if time >= times[2]}
    assert {each["time"] for each in earlier} == {time for time in times if time < times[2]}
    assert await found(client, text=mark, since=tomorrow) == []


@pytest.mark.parametrize(("value", "shown"), [(b"{\xc3\xbc", {"text": "{ü"}), (b"\xff", {"base64": "/w=="})])
async def test_a_letter_is_read_whole_as_text_or_base64(
    memory_kafka: str, client: httpx.AsyncClient, value: bytes, shown: dict[str, str]
) -> None:
    mark = uuid4().hex
    await put(memory_kafka, a_letter(value, mark))
    [letter] = await found(client, text=mark)

    whole = (await client.get(f"{PATH}/{letter['topic']}/{letter['partition']}/{letter['offset']}")).json()

    assert {name: content for name, content in whole["value"].items() if content} == shown
    assert whole["value_bytes"] == len(value)
    assert whole["headers"][0] == {"name": "mark", "value": {"text": mark, "base64": None}}


async def test_without_the_scope_for_text_a_letter_hides_what_its_sender_wrote(memory_kafka: str) -> None:
    mark, secret = uuid4().hex, uuid4().hex
    await put(memory_kafka, a_letter(secret.encode(), mark, key=secret.encode()))

    async with door(memory_kafka, a_caller(READS)) as client:
        [letter] = await found(client, text=mark)
        answer = await client.get(f"{PATH}/{letter['topic']}/{letter['partition']}/{letter['offset']}")

    assert answer.status_code == 200
    assert secret not in answer.text
    assert b64encode(secret.encode()).decode() not in answer.text


@pytest.mark.parametrize(
    ("scopes", "allowed"), [((), (403, 403)), ((READS,), (200, 403)), ((REPLAYS,), (403, 200))]
)
async def test_reading_and_replaying_need_a_scope_each(
    memory_kafka: str, scopes: tuple[Scope, ...], allowed: tuple[int, int]
) -> None:
    async with door(memory_kafka, a_caller(*scopes)) as client:
        listed = await client.get(PATH)
        replayed = await client.post(f"{PATH}/replay", json={"filter": {"text": uuid4().hex}})

    assert (listed.status_code, replayed.status_code) == allowed


async def test_a_replay_says_first_what_it_would_send_and_a_second_one_sends_nothing(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    mark = uuid4().hex
    await put(memory_kafka, *(a_letter(b"{", mark) for _ in range(3)))
    request = {"filter": {"text": mark}, "leave_out_headers": ["traceparent"]}

    dry = (await client.post(f"{PATH}/replay", json=request)).json()
    with capture_logs() as lines:
        first = (await client.post(f"{PATH}/replay", json={**request, "dry_run": False})).json()
    second = (await client.post(f"{PATH}/replay", json={**request, "dry_run": False})).json()

    assert (dry["sent"], dry["due"], dry["targets"]) == (0, 3, {ImageReceived.name: 3})
    assert (first["sent"], first["due"]) == (3, 0)
    assert (second["sent"], second["replayed_before"]) == (0, 3)
    assert await sent_with(memory_kafka, mark) == [(("mark", mark.encode()), (ATTEMPT_HEADER, b"1"))] * 3
    assert [(line["event"], line["key_id"], line["sent"]) for line in lines] == [
        ("dead_letters_replayed", "k1", 3)
    ]


async def test_some_letters_are_replayed_by_their_places_and_again_only_when_told_to(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    mark = uuid4().hex
    await put(memory_kafka, *(a_letter(b"{", mark) for _ in range(4)))
    letters = await found(client, text=mark)
    request = {"places": [place(letters[0]), place(letters[2])], "dry_run": False}

    sent = [
        (await client.post(f"{PATH}/replay", json=each)).json()["sent"]
        for each in (request, request, {**request, "again": True})
    ]

    assert sent == [2, 0, 2]
    assert len(await sent_with(memory_kafka, mark)) == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"places": [], "dry_run": False},
        {"filter": {}, "places": [{"topic": "t", "partition": 0, "offset": 0}]},
        {"filter": {"topic": "nonsense"}},
        {"filter": {"since": "yesterday"}},
        {"filter": {}, "dry_run": "perhaps"},
        {"filter": {}, "dryrun": True},
    ],
)
async def test_a_replay_of_unclear_letters_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await client.post(f"{PATH}/replay", json=body)

    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["no.topic/0/0", f"{ImageReceived.name}/0/0", f"{ImageReceived.name}.dead/0/999999999"]
)
async def test_a_place_without_a_letter_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"{PATH}/{path}")).status_code == 404


@pytest.mark.parametrize("after", ["x", "1.2.3", "-1.0.0.t", f"{2**63}.0.0.t", "\u00b2.0.0.t"])
async def test_a_cursor_that_no_page_gave_is_refused(client: httpx.AsyncClient, after: str) -> None:
    assert (await client.get(PATH, params={"after": after})).status_code == 422


async def test_a_dead_letter_that_is_replayed_over_http_is_answered(
    memory_kafka: str, client: httpx.AsyncClient
) -> None:
    mark = uuid4().hex
    message = analyzed_message(mark)
    await put(
        memory_kafka,
        a_letter(message.to_json(), mark, topic=CustomerMessageAnalyzed.name, key=message.key),
    )

    async with running("support_bot", memory_kafka) as bot:
        await bot.ready()
        request = {"filter": {"text": mark}, "dry_run": False}
        sent = (await client.post(f"{PATH}/replay", json=request)).json()["sent"]
        [routed] = await Results(memory_kafka, [SupportMessageRouted.name]).matching(mark, count=1)

    assert sent == 1
    assert SupportMessageRouted.from_json(routed.value or b"").cause_id == message.event_id
