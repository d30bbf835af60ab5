"""RedisCache when Redis is away, slow or wrong: results stay right, and nobody waits or raises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from shared.cache.key import KeySpace
from shared.cache.metrics import CacheMetrics
from shared.cache.redis import CacheLimits, RedisCache
from shared.errors import ConfigError
from tests.support.metrics import cache_metrics
from tests.support.redis_process import RedisProcess, running_redis

KEYS = KeySpace("intent", model="support_intent", version="1", preprocessing_hash="abc")
ONE, TWO = KEYS.key(b"one"), KEYS.key(b"two")
QUICK = CacheLimits(deadline_s=0.3, open_s=0.05)


@pytest.fixture
async def redis() -> AsyncIterator[RedisProcess]:
    async with running_redis() as process:
        yield process


@pytest.fixture
async def raw(redis: RedisProcess) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis.url)
    yield client
    await client.aclose()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def cache(redis: RedisProcess, registry: CollectorRegistry) -> AsyncIterator[RedisCache]:
    cache = await RedisCache.open(redis.url, limits=QUICK, metrics=CacheMetrics(registry))
    yield cache
    await cache.aclose()


async def until_kept(cache: RedisCache, key: bytes, value: bytes) -> None:
    async with asyncio.timeout(20):
        while await cache.get_many([key]) != [value]:
            await cache.put_many({key: value})
            await asyncio.sleep(0)


async def test_a_redis_that_dies_costs_misses_and_comes_back_by_itself(
    redis: RedisProcess, cache: RedisCache
) -> None:
    await until_kept(cache, ONE, b"1")
    redis.kill()
    while_dead = [await cache.get_many([ONE, TWO]) for _ in range(100)]
    await cache.put_many({ONE: b"1"})

    await redis.start()

    assert while_dead == [[None, None]] * 100
    await until_kept(cache, ONE, b"1")


async def test_a_redis_that_hangs_costs_a_few_deadlines_not_one_a_call(
    redis: RedisProcess, registry: CollectorRegistry
) -> None:
    limits = CacheLimits(deadline_s=0.1, open_s=60.0, failures_to_open=3)
    cache = await RedisCache.open(redis.url, limits=limits, metrics=CacheMetrics(registry))
    redis.pause()

    values = [await cache.get_many([ONE]) for _ in range(1000)]

    redis.resume()
    await cache.aclose()
    assert values == [[None]] * 1000
    assert registry.get_sample_value("tidemill_cache_errors_total", {"kind": "read"}) == 3
    assert registry.get_sample_value("tidemill_cache_available") == 0


async def test_a_redis_that_hung_is_used_again_over_new_connections(
    redis: RedisProcess, cache: RedisCache
) -> None:
    await until_kept(cache, ONE, b"1")
    redis.pause()
    for _ in range(3):
        await cache.get_many([ONE])

    redis.resume()

    await until_kept(cache, ONE, b"1")


async def test_a_redis_that_is_not_there_yet_is_found_later() -> None:
    redis = RedisProcess()
    cache = await RedisCache.open(redis.url, limits=QUICK, metrics=cache_metrics())
    before = await cache.get_many([ONE])

    await redis.start()
    await until_kept(cache, ONE, b"1")

    assert before == [None]
    await cache.aclose()
    redis.kill()


@pytest.mark.parametrize("damage", [b"", b"1", b"garbage that is longer than a checksum"], ids=len)
async def test_a_damaged_value_is_a_miss_and_is_written_over(
    cache: RedisCache, raw: Redis, registry: CollectorRegistry, damage: bytes
) -> None:
    await raw.set(ONE, damage)
    found = await cache.get_many([ONE])

    await until_kept(cache, ONE, b"1")

    assert found == [None]
    damaged_count = registry.get_sample_value("tidemill_cache_errors_total", {"kind": "damaged"})
    assert damaged_count is not None
    assert damaged_count >= 1


async def test_a_value_of_another_type_is_a_miss_and_is_written_over(cache: RedisCache, raw: Redis) -> None:
    await raw.lpush(ONE, "not", "a", "string")
    found = await cache.get_many([ONE])

    await until_kept(cache, ONE, b"1")

    assert found == [None]


async def test_a_value_under_the_wrong_key_is_a_miss(cache: RedisCache, raw: Redis) -> None:
    await until_kept(cache, ONE, b"1")
    await raw.copy(ONE.decode(), TWO.decode())

    assert await cache.get_many([ONE, TWO]) == [b"1", None]


@asynccontextmanager
async def server_that_answers(mget: bytes) -> AsyncIterator[str]:
    """Yield the address of a Redis that is there, and answers so when it is asked for values."""
    writers = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while command := await reader.read(64 * 1024):
            if b"MGET" not in command:
                writer.write(b"+OK\r\n" * command.count(b"*"))
            else:
                writer.write(b"*1\r\n$-1\r\n" if b"probe" in command else mget)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize(
    "answer",
    [b"*1\r\n$m1\r\n", b"*1\r\n$-7\r\n", b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n", b":1\r\n"],
    ids=["no length", "negative length", "too many values", "a number"],
)
async def test_an_answer_that_makes_no_sense_is_a_miss_and_its_connection_is_not_trusted_again(
    answer: bytes, registry: CollectorRegistry
) -> None:
    limits = CacheLimits(deadline_s=0.5, open_s=60.0, failures_to_open=3)
    async with server_that_answers(answer) as url:
        cache = await RedisCache.open(url, limits=limits, metrics=CacheMetrics(registry))
        found = [await cache.get_many([ONE]) for _ in range(3)]
        await cache.aclose()

    assert found == [[None]] * 3
    assert registry.get_sample_value("tidemill_cache_errors_total", {"kind": "read"}) == 1
    assert registry.get_sample_value("tidemill_cache_available") == 0


async def test_a_full_redis_can_still_be_read(
    cache: RedisCache, raw: Redis, registry: CollectorRegistry
) -> None:
    await until_kept(cache, ONE, b"1")
    await raw.config_set("maxmemory-policy", "noeviction")
    await raw.config_set("maxmemory", 1)

    await cache.put_many({TWO: b"2"})
    async with asyncio.timeout(10):
        while registry.get_sample_value("tidemill_cache_errors_total", {"kind": "write"}) != 1:
            await cache.get_many([TWO])

    assert await cache.get_many([ONE, TWO]) == [b"1", None]


async def test_values_expire(cache: RedisCache, raw: Redis) -> None:
    await until_kept(cache, ONE, b"1")

    assert 0 < await raw.ttl(ONE) <= QUICK.ttl_s


async def test_results_that_find_no_room_are_dropped_and_counted(
    redis: RedisProcess, registry: CollectorRegistry
) -> None:
    limits = CacheLimits(unwritten_items=10)
    cache = await RedisCache.open(redis.url, limits=limits, metrics=CacheMetrics(registry))

    await cache.put_many({KEYS.key(b"%d" % number): b"" for number in range(25)})

    await cache.aclose()
    assert registry.get_sample_value("tidemill_cache_errors_total", {"kind": "dropped"}) == 15


async def test_what_is_no_address_of_a_redis_stops_the_start_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="redis://host:port") as caught:
        await RedisCache.open("http://user:hunter2@cache", metrics=cache_metrics())

    assert "hunter2" not in str(caught.value)


async def test_hits_and_misses_are_counted(cache: RedisCache, registry: CollectorRegistry) -> None:
    await until_kept(cache, ONE, b"1")
    hits = registry.get_sample_value("tidemill_cache_hits_total") or 0.0
    misses = registry.get_sample_value("tidemill_cache_misses_total") or 0.0

    await cache.get_many([ONE, TWO, ONE])

    assert registry.get_sample_value("tidemill_cache_hits_total") == hits + 2
    assert registry.get_sample_value("tidemill_cache_misses_total") == misses + 1
