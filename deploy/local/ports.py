"""Free ports that stay reserved while a part is restarted."""

import os
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range that the kernel hands to outgoing connections: none of them can take the port of a
# part that is down for a moment.
LOWEST, HIGHEST = 20_000, 32_000

_CONNECTIONS = Path("/proc/net/tcp")
_ENDED = "06"
"""TIME_WAIT in the table of connections."""


class Port:
    """A TCP port of the loopback interface, reserved while this object lives.

    Its socket is bound and never listens, so `free_port` finds the port taken in every process, also before
    its server has started and during a restart. The server itself can bind it, as servers set SO_REUSEADDR.
    """

    def __init__(self, bound: socket.socket) -> None:
        self.number: int = bound.getsockname()[1]
        # Not the socket itself: in a reference cycle it would be found unclosed before this object is.
        self._held = bound.detach()

    def __str__(self) -> str:
        """Return the number, for addresses and command lines."""
        return str(self.number)

    def __del__(self) -> None:
        """Release the port."""
        os.close(self._held)


def free_port() -> Port:
    """Return a reserved TCP port of the loopback interface on which nothing listens."""
    while True:
        port = _reserved(random.randint(LOWEST, HIGHEST))  # noqa: S311 - a port is no secret
        if port is not None:
            return port


def usual_port(number: int) -> Port:
    """Return the port of this number, reserved, where nobody has it; else a free one."""
    # After a server has closed connections, the kernel refuses its port for a minute unless it is asked to.
    return _reserved(number, reuse=_only_ended_connections(number)) or free_port()


def _reserved(number: int, *, reuse: bool = False) -> Port | None:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
    try:
        held.bind((LOOPBACK, number))
    except OSError:
        held.close()
        return None
    # Only now: with it, the bind would succeed on a port that somebody else holds.
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return Port(held)


def _only_ended_connections(number: int) -> bool:
    """Return whether all that the kernel knows of a port are connections that have ended."""
    rows = [line.split() for line in _CONNECTIONS.read_text(encoding="ascii").splitlines()[1:]]
    return {state for _, local, _, state, *_ in rows if local.endswith(f":{number:04X}")} == {_ENDED}
