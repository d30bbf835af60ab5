"""Connections of the gateway: uvicorn's protocol, with bounds of time, count and bytes that it has not.

uvicorn waits for ever for headers and bodies, and takes any number of headers. One sweep over all connections
bounds the time, as timers would cost each request more than its parsing.
"""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.gateway.guard.accesses import Accesses
from services.gateway.guard.joining import JoiningTransport
from services.gateway.guard.settings import GuardSettings
from services.gateway.guard.visit import ANSWERED_KEY
from services.gateway.problems import MEDIA_TYPE, Kind, ProblemError

_SWEEP_EVERY_S = 0.25
_HEADERS_MAX_COUNT = 100
_HEADERS_MAX_BYTES = 32 * 1024
_ADDRESS_MAX_BYTES = 8 * 1024
_LINGER_S = 2.0
"""Time for a refused client to read the answer: closing at once would reset the connection before."""


class _RefusedError(Exception):
    """Stops the parser: the request is answered already."""


class Connections:
    """All open connections, and their bounds."""

    def __init__(self, settings: GuardSettings, accesses: Accesses) -> None:
        self.settings = settings
        self._accesses = accesses
        self._open: set[BoundedProtocol] = set()
        accesses.connections.set_function(lambda: len(self._open))

    def enter(self, connection: "BoundedProtocol") -> bool:
        """Return whether there is room for a connection, which is open then."""
        if len(self._open) >= self.settings.connections_max:
            return False
        self._open.add(connection)
        return True

    def leave(self, connection: "BoundedProtocol") -> None:
        """Forget a connection."""
        self._open.discard(connection)

    def note_refusal(self, error: ProblemError) -> None:
        """Count and log a request that no application saw."""
        problem = error.problem
        self._accesses.note_answer(None, problem.status, None)
        self._accesses.note_refusal(problem.status, problem.reason or "", route=None, key_id=None)

    async def watch(self) -> None:
        """Close the connections that are over their time, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            for connection in tuple(self._open):
                connection.sweep(loop.time())


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = logging.getLogger("uvicorn.error.requests")
        self.logger.setLevel(logging.ERROR)  # a line of our own tells of bad requests
        self._connections = connections
        self._reads_since_s: float | None = None
        self._in_headers = True
        self._header_count = 0
        self._header_bytes = 0
        self._stalled_since_s: float | None = None
        self._refused_at_s: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, if there is room."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]
        self._reads_since_s = self.loop.time()
        if not self._connections.enter(self):
            self._refuse(_full(self._connections.settings))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave room for others."""
        self._connections.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; of a refused request nothing more is read."""
        if self._refused_at_s is None:
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to count time and headers."""
        super().on_message_begin()
        self._reads_since_s = self.loop.time()
        self._in_headers = True
        self._header_count = self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        super().on_url(url)
        if len(self.url) > _ADDRESS_MAX_BYTES:
            text = "path and query may have 8 KiB"
            self._stop(ProblemError(Kind.ADDRESS_TOO_LONG, text, reason="address_too_long"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._header_count += 1
        self._header_bytes += len(name) + len(value)
        if self._header_count > _HEADERS_MAX_COUNT or self._header_bytes > _HEADERS_MAX_BYTES:
            text = "a request may have 100 headers, and 32 KiB of them"
            self._stop(ProblemError(Kind.HEADERS_TOO_LARGE, text, reason="headers_too_large"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the application."""
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop to count time."""
        self._reads_since_s = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        self._stalled_since_s = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self._stalled_since_s = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser does not take."""
        del msg
        if self._refused_at_s is None:
            text = "this is no HTTP/1.1 request: its first line, a header or its length is malformed"
            self._refuse(ProblemError(Kind.BAD_REQUEST, text, reason="not_http"))

    def sweep(self, now_s: float) -> None:
        """Close the connection if it is over a time."""
        settings = self._connections.settings
        if self._refused_at_s is not None:
            if now_s - self._refused_at_s > _LINGER_S:
                self.transport.abort()
        elif self._stalled_since_s is not None and now_s - self._stalled_since_s > settings.body_within_s:
            self.transport.abort()
        elif self._reads_since_s is not None and not self.flow.read_paused:
            most_s = settings.headers_within_s if self._in_headers else settings.body_within_s
            if now_s - self._reads_since_s > most_s:
                self._refuse(_too_slow(most_s))

    def _stop(self, error: ProblemError) -> None:
        self._refuse(error)
        raise _RefusedError

    def _refuse(self, error: ProblemError) -> None:
        """Answer instead of the application, and close; an answer that has begun is cut."""
        self._refused_at_s = self.loop.time()
        self._connections.note_refusal(error)
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        if self.cycle is not None:
            self.cycle.scope[ANSWERED_KEY] = True  # type: ignore[literal-required]
            self.cycle.disconnected = True  # the application must not answer as well
            self.cycle.message_event.set()
        self.transport.write(_raw_answer(error))
        if self.transport.can_write_eof():
            self.transport.write_eof()


def _full(settings: GuardSettings) -> ProblemError:
    text = f"{settings.connections_max} connections are open, as many as allowed: try again in a second"
    return ProblemError(Kind.OVERLOADED, text, reason="connections_full", headers={"Retry-After": "1"})


def _too_slow(most_s: float) -> ProblemError:
    text = f"the headers, or the body, took longer than {most_s:g} s: send them at once"
    return ProblemError(Kind.TIMEOUT, text, reason="request_too_slow")


def _raw_answer(error: ProblemError) -> bytes:
    body = error.problem.model_dump_json(exclude_none=True).encode()
    headers = {
        **(error.headers or {}),
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[error.problem.status] + lines.encode() + b"\r\n" + body
