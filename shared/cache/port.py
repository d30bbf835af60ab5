"""Port of the result cache; its adapters are `redis.py` and `memory.py`."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Stores results; many tasks may call it at once. It may lose any value, and it never raises."""

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value of each key, in order; None for a miss, and for an answer that came too late."""
        ...

    async def put_many(self, items: Mapping[bytes, bytes]) -> None:
        """Store best-effort, possibly later; never wait for the network."""
        ...

    async def aclose(self) -> None:
        """Close the cache; the last values may be lost."""
        ...
