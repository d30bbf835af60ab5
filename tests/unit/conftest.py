"""A unit test opens no socket and starts no process: one that does fails, and is told where it belongs."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

_FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
    }
)


class _Guard:
    """Watches what the interpreter does while a test runs; an audit hook stays until the process ends."""

    def __init__(self) -> None:
        self.is_on = False
        sys.addaudithook(self._see)

    def _see(self, event: str, _arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in _FORBIDDEN:
            pytest.fail(f"a unit test has caused {event}: it belongs in tests/integration", pytrace=True)


_GUARD = _Guard()


@pytest.fixture(autouse=True)
def _no_sockets_and_no_processes() -> Iterator[None]:
    _GUARD.is_on = True
    yield
    _GUARD.is_on = False
