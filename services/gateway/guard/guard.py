"""Guard: the ASGI application in front of the gateway's own.

One layer for all checks: each further one would cost another wrapper around every request and every part of
its answer.
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.guard.accesses import Accesses
from services.gateway.guard.bounds import (
    body_max_bytes,
    body_too_large,
    overloaded,
    request_slots,
    stream_slots,
)
from services.gateway.guard.caller import ANYBODY, SCOPE_KEY, Caller
from services.gateway.guard.keyring import Keyring
from services.gateway.guard.origins import Hosts, check_body_type, check_not_forwarded, check_page
from services.gateway.guard.rates import Rates, policy
from services.gateway.guard.settings import GuardSettings
from services.gateway.guard.visit import ANSWERED_KEY, Visit, bounded
from services.gateway.problems import CODE_KEY, Kind, ProblemError, response

LOOK_EVERY_S = 1.0

_STREAM = "/v1/stream"
_TO_MODELS = ("/v1/analyze/", "/v1/classify/")
_ONCE = (b"host", b"authorization", b"content-length", b"content-type", b"origin", b"sec-fetch-site")
_KEY_IN_QUERY = re.compile(  # a signed link may have `tm_` anywhere within its value
    rb"(?:^|&)(?:api[-_]?key|key|access_token|token|authorization)=|=tm_[\w-]{43}(?:&|$)", re.IGNORECASE
)


class Guard:
    """Lets requests of known callers through, within their bounds; others get a problem."""

    def __init__(
        self,
        app: ASGIApp,
        settings: GuardSettings,
        *,
        keyring: Keyring | None,
        rates: Rates,
        accesses: Accesses,
    ) -> None:
        self._app = app
        self._settings = settings
        self._keyring = keyring
        self._rates = rates
        self._accesses = accesses
        self._hosts = Hosts(settings.host_names(), is_open=keyring is None)
        self._requests = request_slots(settings, is_open=keyring is None)
        self._streams = stream_slots(settings, is_open=keyring is None)
        self._default = policy("default", count=settings.rate_count, window_s=settings.rate_window_s)
        self._analyze = policy("analyze", count=settings.analyze_count, window_s=settings.rate_window_s)
        self._bodies_bytes = 0
        self._open: set[Visit] = set()
        accesses.in_flight.set_function(lambda: self._requests.count)
        accesses.streams.set_function(lambda: self._streams.count)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        visit = Visit(scope, send, began_s=loop.time(), is_stream=scope["path"] == _STREAM)
        try:
            await self._answer(visit, receive)
        except ProblemError as error:
            await response(error)(scope, receive, visit.send)
        finally:
            self._note(visit, loop.time() - visit.began_s)
            visit.leave()

    async def watch(self) -> None:
        """Look after keys and requests each second, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Read the keys again if they have changed; cut what is over its time, and streams of bad keys."""
        now_s = asyncio.get_running_loop().time()
        good = None
        if self._keyring is not None:
            self._keyring.look()
            good = self._keyring.good_ids()
        for visit in self._open:
            if visit.is_stream:
                if good is not None and visit.caller is not None and visit.caller.key_id not in good:
                    visit.cut()
            elif now_s - visit.began_s > self._settings.answer_within_s:
                visit.cut()

    async def _answer(self, visit: Visit, receive: Receive) -> None:
        scope = visit.scope
        path: str = scope["path"]
        headers = _headers(scope)
        caller = self._admit(scope, headers)
        scope[SCOPE_KEY] = caller
        await visit.enter(
            caller, self._rates, self._analyze if path.startswith(_TO_MODELS) else self._default
        )
        body_bytes = 0
        if b"content-length" in headers or b"transfer-encoding" in headers:
            receive, body_bytes = self._with_body(headers, path, receive)
        slots = self._streams if visit.is_stream else self._requests
        slots.enter(caller.key_id)
        self._bodies_bytes += body_bytes
        self._open.add(visit)
        try:
            await self._app(scope, receive, visit.send)
        except asyncio.CancelledError:
            if not visit.is_cut():
                raise
            await self._end(visit)
        finally:
            self._open.discard(visit)
            self._bodies_bytes -= body_bytes
            slots.leave(caller.key_id)

    def _admit(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Caller:
        query: bytes = scope["query_string"]
        if query and _KEY_IN_QUERY.search(query):
            raise ProblemError(
                Kind.BAD_REQUEST,
                "a key in an address ends up in logs: revoke it (tidemill keys revoke), and send a new one "
                "in the header Authorization",
                reason="key_in_address",
            )
        server = scope.get("server")
        self._hosts.check(headers.get(b"host"), server[1] if server else None)
        check_page(headers)
        if self._keyring is not None:
            return self._keyring.find(headers.get(b"authorization"))
        check_not_forwarded(headers)
        return ANYBODY

    def _with_body(self, headers: Mapping[bytes, bytes], path: str, receive: Receive) -> tuple[Receive, int]:
        """Return what to read the body from, and how many bytes it may take. Raises ProblemError."""
        most = body_max_bytes(path)
        is_chunked = b"transfer-encoding" in headers
        length = most if is_chunked else int(headers[b"content-length"])
        if not length:
            return receive, 0
        check_body_type(headers.get(b"content-type"))
        if length > most:
            raise body_too_large(path)
        if self._bodies_bytes + length > self._settings.bodies_max_bytes:
            raise overloaded("bodies_full", "the bodies of all requests take as much memory as allowed")
        return (bounded(receive, path=path, most=most) if is_chunked else receive), length

    async def _end(self, visit: Visit) -> None:
        """End what was cut: a stream, or an answer that took too long."""
        if visit.status:
            with suppress(RuntimeError):  # its last part has been sent
                await visit.end()
            return
        raise ProblemError(
            Kind.UNAVAILABLE,
            f"no answer within {self._settings.answer_within_s:g} s: send it again with the same "
            "Idempotency-Key, so that it counts once",
            reason="answer_too_slow",
            headers={"Retry-After": "1"},
        )

    def _note(self, visit: Visit, seconds: float) -> None:
        scope = visit.scope
        if ANSWERED_KEY in scope:
            return
        route = getattr(scope.get("route"), "path", None)
        self._accesses.note_answer(route, visit.status or 500, None if visit.is_stream else seconds)
        if visit.status >= 400:
            key_id = visit.caller.key_id if visit.caller else None
            reason = scope.get(CODE_KEY, str(visit.status))
            self._accesses.note_refusal(visit.status, reason, route=route, key_id=key_id)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers by name. Raises ProblemError when one that decides something comes twice."""
    given: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(given)
    if len(headers) < len(given):
        names = [name for name, _ in given]
        for name in _ONCE:
            if names.count(name) > 1:
                text = f"the header {name.decode()} comes twice: send it once"
                raise ProblemError(Kind.BAD_REQUEST, text, reason="header_twice")
    return headers
