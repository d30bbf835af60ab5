"""Contract of every adapter of Cache: in memory, and with a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cache.key import KeySpace
from shared.cache.memory import MemoryCache
from shared.cache.port import Cache
from shared.cache.redis import CacheLimits, RedisCache
from tests.support.metrics import cache_metrics
from tests.support.redis_process import running_redis

KEYS = KeySpace("intent", model="support_intent", version="1", preprocessing_hash="abc")
ONE, TWO, THREE = (KEYS.key(text) for text in (b"one", b"two", b"three"))


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    async with running_redis() as redis:
        # A busy machine must not make a miss of what is there.
        patient = CacheLimits(deadline_s=5.0)
        cache = await RedisCache.open(redis.url, limits=patient, metrics=cache_metrics())
        yield cache
        await cache.aclose()


async def kept(cache: Cache, items: Mapping[bytes, bytes]) -> None:
    """Return when all of the items can be read; an adapter may write a moment later."""
    async with asyncio.timeout(10):
        while None in await cache.get_many(list(items)):
            await cache.put_many(items)
            await asyncio.sleep(0)


async def test_what_was_put_is_returned_in_the_order_asked(cache: Cache) -> None:
    await kept(cache, {ONE: b"1", TWO: b"2"})

    assert await cache.get_many([TWO, ONE]) == [b"2", b"1"]


async def test_what_was_never_put_is_a_miss_among_hits(cache: Cache) -> None:
    await kept(cache, {ONE: b"1"})

    assert await cache.get_many([TWO, ONE, THREE]) == [None, b"1", None]


async def test_a_key_may_be_asked_for_twice(cache: Cache) -> None:
    await kept(cache, {ONE: b"1"})

    assert await cache.get_many([ONE, ONE]) == [b"1", b"1"]


async def test_no_keys_no_values(cache: Cache) -> None:
    await cache.put_many({})

    assert await cache.get_many([]) == []


@pytest.mark.parametrize(
    "value", [b"", b"\x00\xff\r\n$-1\r\n", bytes(100_000)], ids=["empty", "hostile", "long"]
)
async def test_any_bytes_come_back_unchanged(cache: Cache, value: bytes) -> None:
    await kept(cache, {ONE: value})

    assert await cache.get_many([ONE]) == [value]


async def test_a_batch_of_a_thousand_is_kept(cache: Cache) -> None:
    items = {KEYS.key(b"%d" % number): b"value %d" % number for number in range(1000)}

    await kept(cache, items)

    assert await cache.get_many(list(items)) == list(items.values())


async def test_callers_that_give_up_never_change_what_others_read(cache: Cache) -> None:
    items = {KEYS.key(b"%d" % number): b"value %d" % number for number in range(64)}
    keys = list(items)
    await kept(cache, items)

    async def read(number: int) -> Sequence[bytes | None]:
        return await cache.get_many([keys[number]])

    async def read_and_give_up(number: int) -> None:
        reading = asyncio.ensure_future(read(number))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        reading.cancel()

    for number in range(64):
        await read_and_give_up(number)
        (value,) = await read(63 - number)
        assert value in {None, items[keys[63 - number]]}


calls = st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 20))), max_size=30)


@given(calls, st.integers(0, 10))
def test_a_result_is_the_same_with_the_cache_as_without(
    calls: list[tuple[bool, set[int]]], room: int
) -> None:
    def result(question: int) -> bytes:
        return b"result %d" % question

    async def scenario() -> None:
        cache = MemoryCache(max_items=room)
        for stores, questions in calls:
            asked = {KEYS.key(b"%d" % question): result(question) for question in questions}
            found = await cache.get_many(list(asked))
            assert all(value in {None, result} for value, result in zip(found, asked.values(), strict=True))
            if stores:
                await cache.put_many(asked)

    asyncio.run(scenario())
