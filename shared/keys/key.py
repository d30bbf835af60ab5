"""Keys: 256 random bits for the caller, their SHA-256 for us."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from shared.keys.scope import Scope

SECRET = re.compile(r"tm_[A-Za-z0-9_-]{43}")
"""Form of a secret: base64url of 32 bytes behind `tm_`, which scanners of leaks can look for."""


class Key(BaseModel):
    """A key as the file holds it: without its secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^k[0-9a-f]{8}$")]
    """Name of the key in logs; no secret."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[frozenset[Scope], PlainSerializer(sorted)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None

    def fault(self, now: datetime) -> str | None:
        """Return `revoked` or `expired`, None while the key is good."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made, and its secret, which exists nowhere else."""

    key: Key
    secret: str = field(repr=False)


def hash_of(secret: bytes) -> str:
    """Return the SHA-256 of a secret, in hexadecimal digits.

    A fast hash is enough: nobody guesses 256 random bits.
    """
    return sha256(secret).hexdigest()


def new_key(name: str, scopes: Iterable[Scope], *, expires_at: datetime | None) -> NewKey:
    """Return a new key."""
    secret = f"tm_{secrets.token_urlsafe(32)}"
    key = Key(
        id=f"k{secrets.token_hex(4)}",
        name=name,
        scopes=frozenset(scopes),
        sha256=hash_of(secret.encode()),
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    return NewKey(key, secret)
