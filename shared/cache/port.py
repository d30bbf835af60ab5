"""The result cache as the rest of Tidemill sees it; `redis.py` and `memory.py` are its adapters."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Remembers results; safe for many tasks at once. It may forget anything, and it never raises."""

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value of each key, in order; None for what is not known, or not in time."""
        ...

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Remember the items, perhaps, and perhaps only in a moment. Does not wait for a network."""
        ...

    async def aclose(self) -> None:
        """Close; what was put a moment ago may be lost."""
        ...
