"""Counts of quotas: the same in memory and in Redis, also while it is away and when it is back."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest
from limits import RateLimitItemPerSecond
from structlog.testing import capture_logs

from services.gateway.guard.counts import LocalCounts, RedisCounts
from tests.support.redis_process import RedisProcess

QUOTA = RateLimitItemPerSecond(10, 60, namespace="test")


@pytest.fixture
async def redis() -> AsyncIterator[RedisProcess]:
    """Yield a Redis of the test's own."""
    process = RedisProcess()
    await process.start()
    yield process
    process.kill()


@pytest.fixture(params=["memory", "redis"])
async def counts(request: pytest.FixtureRequest) -> AsyncIterator[LocalCounts | RedisCounts]:
    """Yield each kind of counts."""
    if request.param == "memory":
        yield LocalCounts()
        return
    process = RedisProcess()
    await process.start()
    made = RedisCounts(process.url, ca_file=None)
    yield made
    await made.aclose()
    process.kill()


async def test_tokens_are_taken_until_none_is_left(counts: LocalCounts | RedisCounts) -> None:
    key = str(uuid.uuid4())

    took = [await counts.hit(QUOTA, key, cost=4) for _ in range(3)]

    more_at_s, left = await counts.window(QUOTA, key)
    assert took == [True, True, False]
    assert left == 2
    assert 0 < more_at_s - time.time() <= 60


async def test_an_unused_quota_is_whole(counts: LocalCounts | RedisCounts) -> None:
    _, left = await counts.window(QUOTA, str(uuid.uuid4()))

    assert left == 10


async def test_tokens_come_back_when_their_window_has_passed(counts: LocalCounts | RedisCounts) -> None:
    short = RateLimitItemPerSecond(2, 1, namespace="short")
    assert await counts.hit(short, "k1", cost=2)

    async with asyncio.timeout(5):
        while not await counts.hit(short, "k1", cost=2):  # noqa: ASYNC110 - the window's time is real
            await asyncio.sleep(0.02)


async def test_while_redis_is_away_each_process_counts_and_then_redis_again(redis: RedisProcess) -> None:
    counts = RedisCounts(redis.url, ca_file=None, alone_for_s=0.1)
    assert await counts.hit(QUOTA, "k1", cost=10)

    with capture_logs() as logs:
        redis.kill()
        away = [await counts.hit(QUOTA, "k1", cost=5) for _ in range(3)]
        await redis.start()
        async with asyncio.timeout(10):
            while not any(line["event"] == "rates_common" for line in logs):
                await counts.window(QUOTA, "k1")
                await asyncio.sleep(0.02)

    assert away == [True, True, False]
    assert [line["event"] for line in logs] == ["rates_local", "rates_common"]
    assert await counts.hit(QUOTA, "k1", cost=10)  # this Redis has kept nothing
    await counts.aclose()


async def test_a_redis_that_hangs_delays_no_request_for_long(redis: RedisProcess) -> None:
    counts = RedisCounts(redis.url, ca_file=None)
    await counts.hit(QUOTA, "k1", cost=1)

    redis.pause()
    began_s = time.monotonic()
    took = [await counts.hit(QUOTA, "k1", cost=1) for _ in range(8)]
    seconds = time.monotonic() - began_s
    redis.resume()

    assert took == [True] * 8
    assert seconds < 2
    await counts.aclose()
