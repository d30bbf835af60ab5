"""Caches without a server."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence


class MemoryCache:
    """Keeps the `max_items` values used last, for this process only."""

    def __init__(self, *, max_items: int = 10_000) -> None:
        self._max_items = max_items
        self._values: OrderedDict[bytes, bytes] = OrderedDict()

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value of each key, in order; None for a miss."""
        for key in keys:
            if key in self._values:
                self._values.move_to_end(key)
        return [self._values.get(key) for key in keys]

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Store the items; the least recently used ones make room."""
        for key, value in items.items():
            self._values[key] = value
            self._values.move_to_end(key)
        while len(self._values) > self._max_items:
            self._values.popitem(last=False)

    async def aclose(self) -> None:
        """Forget everything."""
        self._values.clear()


class NullCache:
    """Stores nothing; used when no cache is configured."""

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return None for every key."""
        return [None] * len(keys)

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Forget the items."""

    async def aclose(self) -> None:
        """Do nothing."""
