"""Ports that are free, and stay ours while a part is being restarted."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below the range that the kernel hands to outgoing connections: none of them can take the port of a
# part that is down for a moment.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """Return a TCP port on which nothing listens on the loopback interface."""
    while True:
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311 - a port is no secret
        with socket.socket() as probe:
            # A port that lingers after its last owner can be bound again, as the servers do it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if not _binds(probe, port):
                continue
        return port


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
