"""The file of keys: JSON, for its owner alone, never seen half-written."""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import ConfigError
from shared.files import write_whole
from shared.keys.key import Key, NewKey

_MODE = 0o600


class _Content(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[Key, ...]


def read_keys(path: Path) -> tuple[Key, ...]:
    """Return the keys, the oldest first; none while there is no file.

    Raises ConfigError, with the cure, for a file that others may read, and for one that is no list of keys.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(f"{path} can't be read ({error.strerror}): make it a file of this user") from None
    if mode & ~_MODE:
        raise ConfigError(f"{path} has the mode {mode:o}, so that others may read it: chmod 600 {path}")
    try:
        return _Content.model_validate_json(content).keys
    except ValidationError as error:
        raise ConfigError(f"{path} is no file of keys ({_where(error)}): restore it from a copy") from None


def add_key(path: Path, new: NewKey) -> None:
    """Add a key to the file, which is made where there is none. Raises ConfigError as `read_keys`."""
    with _alone(path):
        _write(path, [*read_keys(path), new.key])


def revoke_key(path: Path, key_id: str) -> Key:
    """Return the key that was revoked. Raises ConfigError when no key has this id, or as `read_keys`."""
    with _alone(path):
        keys = {key.id: key for key in read_keys(path)}
        if key_id not in keys:
            raise ConfigError(f"there is no key {key_id} in {path}: tidemill keys list shows them")
        revoked = keys[key_id].model_copy(update={"revoked_at": datetime.now(UTC)})
        _write(path, list({**keys, key_id: revoked}.values()))
        return revoked


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other writers out: two that change the file at a time would lose a key, or a revocation."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise ConfigError(f"{path.parent}: {error.strerror}; name a folder that this user may use") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, keys: Sequence[Key]) -> None:
    content = _Content(keys=tuple(keys)).model_dump_json(indent=2, exclude_none=True)
    try:
        write_whole(path, f"{content}\n".encode(), mode=_MODE)
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error.strerror}): name a place of this user") from None


def _where(error: ValidationError) -> str:
    """Return the first place that is wrong, without its value, which may be a hash."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'whole'}: {first['type']}"
