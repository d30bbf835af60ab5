"""Bad input, floods: more than the quota of a key, more at a time than there is room for."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import LOOPBACK
from services.gateway.guard.settings import GuardSettings
from shared.settings import RedisSettings
from tests.support.front import MESSAGE, Front, a_key, front, once, refused
from tests.support.redis_process import RedisProcess

FEW = GuardSettings(rate_count=64, rate_window_s=60)


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """Return the place of the keys."""
    return tmp_path / "keys.json"


async def seconds_each(client: httpx.AsyncClient, count: int) -> list[float]:
    """Return how long each of so many messages took, all of which are accepted."""
    took = []
    for _ in range(count):
        began_s = time.monotonic()
        assert (await client.post("/v1/messages", json=MESSAGE)).status_code == 202
        took.append(time.monotonic() - began_s)
    return sorted(took)


async def flood(client: httpx.AsyncClient, until: asyncio.Event) -> int:
    """Send without a pause; return how many were refused."""
    refused_count = 0
    while not until.is_set():
        refused_count += (await client.get("/v1/me")).status_code == 429
    return refused_count


async def test_a_flood_of_one_key_leaves_others_their_time(keys_file: Path) -> None:
    noisy = a_key(keys_file, name="noisy")
    async with front(guard=FEW, keys_file=keys_file) as gateway:
        alone = await seconds_each(gateway.client(), 25)
        done, noise = asyncio.Event(), gateway.client(noisy)
        for _ in range(64):
            await noise.get("/v1/me")
        floods = [asyncio.create_task(flood(noise, done)) for _ in range(4)]
        beside = await seconds_each(gateway.client(), 25)
        done.set()

        assert sum([await each for each in floods]) > 25
        assert beside[-1] < max(0.5, 20 * alone[-1])
        assert len(gateway.messages()) == 50


async def test_the_answer_beyond_the_quota_says_when_there_is_more(keys_file: Path) -> None:
    async with front(guard=FEW, keys_file=keys_file) as gateway:
        client = gateway.client()
        answers = [await client.get("/v1/me") for _ in range(65)]

        assert [answer.status_code for answer in answers] == [200] * 64 + [429]
        refused(answers[-1], 429, "rate_limited")
        assert answers[0].headers["ratelimit-policy"] == '"default";q=64;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=63;t=')
        assert answers[-1].headers["ratelimit"] == f'"default";r=0;t={answers[-1].headers["retry-after"]}'


async def test_each_item_of_a_batch_counts(keys_file: Path) -> None:
    async with front(guard=FEW, keys_file=keys_file) as gateway:
        client = gateway.client()

        first = await client.post("/v1/messages/batch", json=[MESSAGE] * 60)
        second = await client.post("/v1/messages/batch", json=[MESSAGE] * 60)

        assert first.headers["ratelimit"].startswith('"default";r=4;')
        refused(second, 429, "rate_limited")
        assert len(gateway.messages()) == 60


async def test_two_gateways_share_a_quota_in_redis_and_each_has_its_own_without(keys_file: Path) -> None:
    redis = RedisProcess()
    await redis.start()
    shared = RedisSettings.model_validate({"url": redis.url})
    key, other_key = a_key(keys_file), a_key(keys_file)
    try:
        async with (
            front(guard=FEW, keys_file=keys_file, redis=shared) as one,
            front(guard=FEW, keys_file=keys_file, redis=shared) as other,
        ):
            both = (one.client(key), other.client(key))
            together = [await client.get("/v1/me") for _ in range(40) for client in both]
            redis.kill()
            apart = [await each.client(other_key).get("/v1/me") for each in (one, other)]

            # Tokens of a share that one gateway has not spent are lost to the other.
            assert 64 - 2 * 3 <= sum(answer.status_code == 200 for answer in together) <= 64
            assert [answer.headers["ratelimit"].split(";")[1] for answer in apart] == ["r=63", "r=63"]
    finally:
        redis.kill()


async def held(gateway: Front, count: int) -> list["asyncio.Task[httpx.Response]"]:
    """Return so many requests that wait for their answers."""
    client = gateway.client()
    waiting = [asyncio.create_task(client.get("/held")) for _ in range(count)]
    await once(
        lambda: gateway.registry.get_sample_value("tidemill_gateway_requests_in_flight") == float(count)
    )
    return waiting


async def test_more_requests_at_a_time_than_there_is_room_for_are_refused(keys_file: Path) -> None:
    async with front(guard=GuardSettings(requests_max=4), keys_file=keys_file) as gateway:
        waiting = await held(gateway, 4)

        answer = await gateway.client().post("/v1/messages", json=MESSAGE)

        refused(answer, 503, "requests_full")
        assert answer.headers["retry-after"] == "1"
        assert gateway.messages() == []
        gateway.held.set()
        assert [answer.json() for answer in await asyncio.gather(*waiting)] == ["at last"] * 4
        await gateway.still_works()


async def test_one_key_can_not_take_the_room_of_all(keys_file: Path) -> None:
    other = a_key(keys_file)
    async with front(guard=GuardSettings(requests_per_key_max=4), keys_file=keys_file) as gateway:
        waiting = await held(gateway, 4)

        own = await gateway.client().get("/v1/me")
        others = await gateway.client(other).get("/v1/me")

        refused(own, 503, "requests_of_key_full")
        assert others.status_code == 200
        gateway.held.set()
        await asyncio.gather(*waiting)


async def test_an_answer_that_takes_too_long_is_given_up(keys_file: Path) -> None:
    async with front(guard=GuardSettings(answer_within_s=0.2), keys_file=keys_file) as gateway:
        answer = await gateway.client().get("/held")

        refused(answer, 503, "answer_too_slow")
        await gateway.still_works()


async def test_bodies_that_would_take_too_much_memory_are_refused(keys_file: Path) -> None:
    async with front(guard=GuardSettings(bodies_max_bytes=1_000_000), keys_file=keys_file) as gateway:
        answer = await gateway.client().post("/v1/messages", json={**MESSAGE, "text": "x" * 1_500_000})

        refused(answer, 503, "bodies_full")
        await gateway.still_works()


async def test_metrics_count_answers_by_route_and_refusals_by_reason(keys_file: Path) -> None:
    async with front(keys_file=keys_file) as gateway:
        await gateway.still_works()
        await gateway.client().get("/nowhere/at/all")

        count = gateway.registry.get_sample_value
        assert count("tidemill_gateway_requests_total", {"route": "/v1/messages", "status": "202"}) == 1
        assert count("tidemill_gateway_requests_total", {"route": "none", "status": "404"}) == 1
        assert count("tidemill_gateway_refused_total", {"reason": "not_found"}) == 1
        assert count("tidemill_gateway_request_seconds_count", {"route": "/v1/messages"}) == 1


async def open_streams(gateway: Front, count: int, key: str | None = None) -> list[bytes]:
    """Open so many streams at once and keep them; return the first line of each answer."""
    head = gateway.head("GET", "/v1/stream", key=key)

    async def opened() -> bytes:
        reader, writer = await asyncio.open_connection(LOOPBACK, gateway.port)
        gateway.writers.append(writer)
        writer.write(head)
        return await asyncio.wait_for(reader.readline(), 20)

    return await asyncio.gather(*(opened() for _ in range(count)))


async def test_streams_beyond_the_bound_are_refused_and_requests_go_on(keys_file: Path) -> None:
    other = a_key(keys_file)
    bounds = GuardSettings(streams_max=12, streams_per_key_max=10, connections_max=2_000)
    async with front(guard=bounds, keys_file=keys_file) as gateway:
        own = await open_streams(gateway, 300)
        others = await open_streams(gateway, 20, other)

        assert sum(b" 200 " in line for line in own) == 10
        assert sum(b" 200 " in line for line in others) == 2
        assert sum(b" 503 " in line for line in own + others) == 308
        refused(await gateway.client(other).get("/v1/stream"), 503, "streams_full")
        await gateway.still_works()


async def test_a_stream_that_ends_leaves_its_place(keys_file: Path) -> None:
    async with front(guard=GuardSettings(streams_max=1), keys_file=keys_file) as gateway:
        await open_streams(gateway, 1)
        gateway.writers[0].close()
        await once(lambda: gateway.registry.get_sample_value("tidemill_gateway_streams_open") == 0.0)

        assert b" 200 " in (await open_streams(gateway, 1))[0]
