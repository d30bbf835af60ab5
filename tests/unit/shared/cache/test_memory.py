"""MemoryCache and NullCache: how much they keep."""

from shared.cache.memory import MemoryCache, NullCache


async def test_what_was_not_used_for_longest_goes_first() -> None:
    cache = MemoryCache(max_items=2)
    await cache.put_many({b"a": b"1", b"b": b"2"})
    await cache.get_many([b"a"])

    await cache.put_many({b"c": b"3"})

    assert await cache.get_many([b"a", b"b", b"c"]) == [b"1", None, b"3"]


async def test_no_cache_keeps_nothing() -> None:
    cache = NullCache()

    await cache.put_many({b"a": b"1"})

    assert await cache.get_many([b"a", b"a"]) == [None, None]
