"""Ports that are free, and stay ours while a part is being restarted."""

import os
import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range that the kernel hands to outgoing connections: none of them can take the port of a
# part that is down for a moment.
LOWEST, HIGHEST = 20_000, 32_000


class Port:
    """A TCP port of the loopback interface; nobody else is given it while this object lives.

    Its socket is bound and never listens, so that `free_port` finds the port taken in every process,
    also before its server has started and while that is being restarted. The server itself can bind
    it, as servers allow a local address to be used again (SO_REUSEADDR).
    """

    def __init__(self, bound: socket.socket) -> None:
        self.number: int = bound.getsockname()[1]
        # Not the socket itself: in a reference cycle it would be found unclosed before this object is.
        self._held = bound.detach()

    def __str__(self) -> str:
        """Return the number, as addresses and command lines need it."""
        return str(self.number)

    def __del__(self) -> None:
        """Give the port back."""
        os.close(self._held)


def free_port() -> Port:
    """Return a TCP port on which nothing listens on the loopback interface, and hold it."""
    while True:
        held = socket.socket()
        try:
            held.bind((LOOPBACK, random.randint(LOWEST, HIGHEST)))  # noqa: S311 - a port is no secret
        except OSError:
            held.close()
            continue
        # Only now: with it, the bind would succeed on a port that somebody else holds.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return Port(held)
