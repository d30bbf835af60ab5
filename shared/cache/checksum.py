"""Checksums of cached values: a value is whole and belongs to the key that was asked for."""

import hashlib

_SEAL_BYTES = 12


def with_checksum(key: bytes, value: bytes) -> bytes:
    """Return `value` with its checksum before it."""
    return _seal_of(key, value) + value


def checked_value(key: bytes, stored: bytes) -> bytes | None:
    """Return the value; None when it is damaged or belongs to another key."""
    value = stored[_SEAL_BYTES:]
    return value if stored[:_SEAL_BYTES] == _seal_of(key, value) else None


def _seal_of(key: bytes, value: bytes) -> bytes:
    # Keyed, not appended: a reply that belongs to another command must not pass as ours.
    return hashlib.blake2b(value, digest_size=_SEAL_BYTES, key=key[-hashlib.blake2b.MAX_KEY_SIZE :]).digest()
