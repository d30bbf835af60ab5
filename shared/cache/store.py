"""Store of small values that processes agree on. Other than the cache it says when it is away."""

import time
from typing import Protocol

from shared.errors import RetryableError


class StoreAwayError(RetryableError):
    """The store can't be asked now; whether a value was stored is unknown."""


class Store(Protocol):
    """Values by key, each for a time; every call may raise StoreAwayError."""

    async def get(self, key: bytes) -> bytes | None:
        """Return the value; None where there is none, or its time is over."""
        ...

    async def put(self, key: bytes, value: bytes, *, ttl_s: int) -> None:
        """Store a value in place of any other."""
        ...

    async def add(self, key: bytes, value: bytes, *, ttl_s: int) -> bytes | None:
        """Store a value where there is none, and return None; else return the one that is there.

        Of several processes that add one, a single one gets None.
        """
        ...

    async def replace(self, key: bytes, *, old: bytes, new: bytes, ttl_s: int) -> bool:
        """Store `new` where `old` is stored; return whether it was."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class MemoryStore:
    """Store of this process alone; the values stored first make room above `max_items`."""

    def __init__(self, *, max_items: int = 100_000) -> None:
        self._max_items = max_items
        self._values: dict[bytes, tuple[bytes, float]] = {}

    async def get(self, key: bytes) -> bytes | None:
        """Return the value; None where there is none, or its time is over."""
        value, until_s = self._values.get(key, (None, 0.0))
        return value if time.monotonic() < until_s else None

    async def put(self, key: bytes, value: bytes, *, ttl_s: int) -> None:
        """Store a value in place of any other."""
        self._values.pop(key, None)
        self._values[key] = value, time.monotonic() + ttl_s
        if len(self._values) > self._max_items:
            del self._values[next(iter(self._values))]

    async def add(self, key: bytes, value: bytes, *, ttl_s: int) -> bytes | None:
        """Store a value where there is none, and return None; else return the one that is there."""
        found = await self.get(key)
        if found is None:
            await self.put(key, value, ttl_s=ttl_s)
        return found

    async def replace(self, key: bytes, *, old: bytes, new: bytes, ttl_s: int) -> bool:
        """Store `new` where `old` is stored; return whether it was."""
        if await self.get(key) != old:
            return False
        await self.put(key, new, ttl_s=ttl_s)
        return True

    async def aclose(self) -> None:
        """Forget everything."""
        self._values.clear()
