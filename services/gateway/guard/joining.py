"""Transport that joins writes: head and body of an answer leave in one call of the operating system."""

import asyncio
from typing import Any


class JoiningTransport:
    """A transport that holds one write back until the next one, or until the running callback has returned.

    uvicorn writes the head of an answer, then its body, and each write is a system call that takes more CPU
    time than all checks of the guard.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the transport has."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send bytes, with those before them; at most one write waits, so that a full buffer is noticed."""
        if self._held:
            self._held += data
            self._flush()
        else:
            self._held = data
            self._loop.call_soon(self._flush)

    def write_eof(self) -> None:
        """Send what is held, then end this half of the connection."""
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)
