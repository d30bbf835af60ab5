"""Claims in the store that all gateways share."""

from typing import Final

from services.gateway.accepting.claims import Claim
from services.gateway.accepting.submission import Key
from shared.cache.key import KeySpace
from shared.cache.store import Store

_KEYS: Final = KeySpace("gateway-idempotency", model="", version="1", preprocessing_hash="")


class ClaimStore:
    """Claims by key, each for a time; every call may raise StoreAwayError."""

    def __init__(self, store: Store, *, remember_s: int) -> None:
        self._store = store
        self._remember_s = remember_s

    async def add(self, key: Key, claim: Claim) -> Claim | None:
        """Store a claim where there is none, and return None; else return the one that is there."""
        found = await self._store.add(_name(key), claim.to_bytes(), ttl_s=self._remember_s)
        return None if found is None else Claim.of(found)

    async def replace(self, key: Key, *, old: Claim, new: Claim) -> bool:
        """Store `new` where `old` is stored; return whether it was."""
        return await self._store.replace(
            _name(key), old=old.to_bytes(), new=new.to_bytes(), ttl_s=self._remember_s
        )


def _name(key: Key) -> bytes:
    return _KEYS.key(f"{key.caller_id}\n{key.value}".encode())
