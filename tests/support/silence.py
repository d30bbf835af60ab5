"""A broker that falls silent when told to, as one does behind a network that is cut."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from shared.settings import KafkaSettings


class SilentBroker:
    """A broker of this machine that can be made to answer nothing, with all its connections open."""

    def __init__(self, bootstrap: str) -> None:
        self.settings = KafkaSettings(bootstrap=bootstrap, session_timeout_ms=6_000)
        port = int(bootstrap.rpartition(":")[2])
        [pid] = {
            each.pid
            for each in psutil.net_connections("tcp")
            if each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN
        }
        self._process = psutil.Process(pid)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Answer nothing inside the block."""
        self._process.suspend()
        try:
            yield
        finally:
            self._process.resume()
