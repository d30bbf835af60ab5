"""Keyring: finds the caller of a secret, and notices within a second that a key was added or revoked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path

import structlog

from services.gateway.guard.caller import Caller
from services.gateway.problems import Kind, ProblemError
from shared.errors import ConfigError
from shared.keys.file import read_keys
from shared.keys.key import Key, hash_of

_SEND = "send `Authorization: Bearer tm_...` with a key that `tidemill keys add` made"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Entry:
    key: Key
    caller: Caller


class Keyring:
    """Keys of a file, by the hash of their secrets.

    A look-up by hash tells nobody a secret by the time that it takes: whoever times it can't choose the hash.
    """

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ConfigError, with the cure, when it can't be used."""
        self._path = path
        self._seen = _stamp(path)
        self._entries = _entries(path)
        if not self._entries:
            log.warning("keys_none", path=str(path))

    def find(self, authorization: bytes | None) -> Caller:
        """Return the caller of an Authorization header. Raises ProblemError with 401 and its reason."""
        if authorization is None:
            raise _unauthorized("key_missing", f"there is no key: {_SEND}")
        scheme, _, secret = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise _unauthorized("key_missing", f"the scheme is not Bearer: {_SEND}")
        digest = hash_of(secret.strip())
        entry = self._entries.get(digest)
        if entry is None or not compare_digest(entry.key.sha256, digest):
            raise _unauthorized("key_unknown", f"the gateway does not know this key: {_SEND}")
        if fault := entry.key.fault(datetime.now(UTC)):
            raise _unauthorized(f"key_{fault}", f"the key {entry.key.id} is {fault}: {_SEND}")
        return entry.caller

    def good_ids(self) -> frozenset[str]:
        """Return the ids of the keys that are neither revoked nor expired."""
        now = datetime.now(UTC)
        return frozenset(entry.key.id for entry in self._entries.values() if not entry.key.fault(now))

    def look(self) -> None:
        """Read the file again if it has changed. One that can't be used leaves the keys as they were."""
        if (stamp := _stamp(self._path)) == self._seen:
            return
        self._seen = stamp
        try:
            self._entries = _entries(self._path)
        except ConfigError as error:
            log.warning("keys_unreadable", why=str(error))
        else:
            log.info("keys_read", count=len(self._entries))


def _entries(path: Path) -> dict[str, _Entry]:
    return {key.sha256: _Entry(key, Caller(key.id, key.name, key.scopes)) for key in read_keys(path)}


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return marks of a file that a change alters, None where there is none."""
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_ino, now.st_mtime_ns, now.st_ctime_ns, now.st_size


def _unauthorized(reason: str, detail: str) -> ProblemError:
    error = "" if reason == "key_missing" else ', error="invalid_token"'
    return ProblemError(
        Kind.UNAUTHORIZED,
        detail,
        reason=reason,
        headers={"WWW-Authenticate": f'Bearer realm="tidemill"{error}'},
    )
