"""Lease: proof that a gateway lives, for others that find its claims."""

import asyncio
from contextlib import suppress
from typing import NoReturn
from uuid import uuid4

from shared.cache.key import KeySpace
from shared.cache.store import Store, StoreAwayError

_TTL_S = 6
_RENEW_EVERY_S = 1.5
_KEYS = KeySpace("gateway-lease", model="", version="1", preprocessing_hash="")


class Lease:
    """Lease of this process, which ends some seconds after the process does."""

    def __init__(self, store: Store) -> None:
        self.owner = uuid4().hex
        self._store = store

    async def renew(self) -> None:
        """Prolong the lease. Raises StoreAwayError."""
        await self._store.put(_key(self.owner), b"1", ttl_s=_TTL_S)

    async def keep(self) -> NoReturn:
        """Prolong the lease for ever; where the store is away, as soon as it is back."""
        while True:
            with suppress(StoreAwayError):  # whoever accepts says it
                await self.renew()
            await asyncio.sleep(_RENEW_EVERY_S)

    async def is_alive(self, owner: str) -> bool:
        """Return whether another process has its lease. Raises StoreAwayError."""
        return await self._store.get(_key(owner)) is not None


def _key(owner: str) -> bytes:
    return _KEYS.key(owner.encode())
