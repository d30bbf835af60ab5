"""Contract of every adapter of Store: in memory, and with a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.cache.redis_store import RedisStore
from shared.cache.store import MemoryStore, Store, StoreAwayError
from tests.support.redis_process import running_redis

KEY = b"tidemill:1:key"
LONG_S = 3600


@pytest.fixture(params=["memory", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    async with running_redis() as redis:
        store = RedisStore(redis.url)
        yield store
        await store.aclose()


async def test_a_value_is_found_and_another_takes_its_place(store: Store) -> None:
    assert await store.get(KEY) is None

    await store.put(KEY, b"\x00\xff", ttl_s=LONG_S)
    first = await store.get(KEY)
    await store.put(KEY, b"", ttl_s=LONG_S)

    assert (first, await store.get(KEY)) == (b"\x00\xff", b"")


async def test_of_many_who_add_one_is_the_first_and_all_others_get_its_value(store: Store) -> None:
    values = [b"%d" % number for number in range(20)]

    found = await asyncio.gather(*(store.add(KEY, value, ttl_s=LONG_S) for value in values))

    winner = values[found.index(None)]
    assert sorted(each for each in found if each is not None) == [winner] * 19
    assert await store.get(KEY) == winner


async def test_a_value_is_replaced_by_whoever_knows_it(store: Store) -> None:
    await store.put(KEY, b"1", ttl_s=LONG_S)

    wrong = await store.replace(KEY, old=b"0", new=b"2", ttl_s=LONG_S)
    right = await asyncio.gather(
        *(store.replace(KEY, old=b"1", new=b"%d" % number, ttl_s=LONG_S) for number in range(2, 9))
    )

    assert (wrong, sum(right)) == (False, 1)


async def test_a_value_that_is_not_there_is_not_replaced(store: Store) -> None:
    assert not await store.replace(KEY, old=b"1", new=b"2", ttl_s=LONG_S)
    assert await store.get(KEY) is None


async def test_a_value_ends_with_its_time(store: Store) -> None:
    await store.put(KEY, b"1", ttl_s=1)

    async with asyncio.timeout(10):
        while await store.get(KEY) is not None:  # noqa: ASYNC110 - the store never tells
            await asyncio.sleep(0.05)

    assert await store.add(KEY, b"2", ttl_s=LONG_S) is None


async def test_redis_that_is_away_is_told_at_once_and_found_again() -> None:
    async with running_redis() as redis:
        store = RedisStore(redis.url)
        await store.put(KEY, b"1", ttl_s=LONG_S)
        redis.kill()

        for _ in range(3):
            with pytest.raises(StoreAwayError):
                await store.get(KEY)
        await redis.start()

        async with asyncio.timeout(20):
            while await _is_away(store):  # noqa: ASYNC110 - the store never tells
                await asyncio.sleep(0.05)
        assert await store.add(KEY, b"2", ttl_s=LONG_S) is None
        await store.aclose()


async def _is_away(store: Store) -> bool:
    try:
        await store.get(KEY)
    except StoreAwayError:
        return True
    return False
