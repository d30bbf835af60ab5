"""Note of the running stack: its addresses for the other commands, held by one process at a time."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import IO, Any

from deploy.local.paths import RUN_DIR, runs_folder
from shared.errors import ConfigError
from shared.files import write_whole

NOTE = "current.json"
_LOCK = "current.lock"

Publish = Callable[[Mapping[str, Any]], AbstractContextManager[None]]
"""Lets other commands find the stack with these addresses while the body runs."""


def note_file() -> Path:
    """Return the file with the addresses of the running stack, in the shape of the settings."""
    return runs_folder() / NOTE


def running_stack(note: Path | None = None) -> dict[str, Any]:
    """Return the addresses of the running stack; empty when none runs, or only one of another user."""
    try:
        noted: dict[str, Any] = json.loads((note or note_file()).read_text(encoding="utf-8"))
        os.kill(noted.pop("pid"), 0)
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError, PermissionError):
        return {}
    return noted


@contextmanager
def only_stack(note: Path | None = None) -> Iterator[Publish]:
    """Claim the note, and yield the function that publishes this process's stack.

    Raises ConfigError, which names the other process, when a stack runs here already.
    """
    note = note or note_file()
    with _opened(note.with_name(_LOCK)) as lock:
        if not _claimed(lock):
            raise ConfigError(_refusal(lock))
        yield partial(_published, note)


@contextmanager
def stack_beside(note: Path | None = None) -> Iterator[Publish]:
    """Yield the same function; it does nothing while another process holds the note."""
    note = note or note_file()
    with _opened(note.with_name(_LOCK)) as lock:
        yield partial(_published, note) if _claimed(lock) else (lambda _: nullcontext())


@contextmanager
def _published(note: Path, addresses: Mapping[str, Any]) -> Iterator[None]:
    write_whole(note, (json.dumps({"pid": os.getpid(), **addresses}, indent=2) + "\n").encode())
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _opened(lock: Path) -> IO[str]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return lock.open("a+", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{lock.parent} can't be written to ({error.strerror}); name another folder in {RUN_DIR}"
        ) from None


def _claimed(lock: IO[str]) -> bool:
    """Return whether this process holds the lock now; the kernel releases it when the process ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return True


def _refusal(lock: IO[str]) -> str:
    lock.seek(0)
    pid = lock.read()
    return (
        f"a stack runs here already, as process {pid}: end it with Ctrl-C in its terminal or `kill {pid}`, "
        f"or give this one a folder of its own: {RUN_DIR}=FOLDER"
    )
