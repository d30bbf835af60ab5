"""Visit: one request on its way through the guard, and its answer on the way back."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from services.gateway.guard.bounds import body_too_large
from services.gateway.guard.caller import Caller
from services.gateway.guard.rates import Policy, Rates, Standing, used_up

ANSWERED_KEY = "tidemill.answered"
"""Key in the ASGI scope of a request that its connection has answered, and counted, instead."""

_KEY = "tidemill.visit"

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UNLESS_SET = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class Visit:
    """A request: its caller, its quota, the status of its answer."""

    __slots__ = (
        *("began_s", "caller", "is_stream", "scope", "status"),
        *("_is_cut", "_policy", "_rates", "_send", "_standing", "_task"),
    )

    def __init__(self, scope: Scope, send: Send, *, began_s: float, is_stream: bool) -> None:
        self.scope = scope
        self.began_s = began_s
        self.is_stream = is_stream
        self.caller: Caller | None = None
        self.status = 0
        """Status of the answer; 0 before it has begun."""

        self._task = asyncio.current_task()
        self._is_cut = False
        self._send = send
        self._rates: Rates | None = None
        self._policy: Policy | None = None
        self._standing: Standing | None = None

    async def enter(self, caller: Caller, rates: Rates, policy: Policy) -> None:
        """Note who calls, and take a token. Raises ProblemError when there is none left."""
        self.caller, self._rates, self._policy = caller, rates, policy
        self.scope[_KEY] = self
        await self.charge(1)

    def leave(self) -> None:
        """Forget the request: a scope and a visit that hold each other cost a collection of cycles."""
        self.scope.pop(_KEY, None)

    async def charge(self, cost: int) -> None:
        """Take tokens of the caller. Raises ProblemError with 429 when there are too few left."""
        if self._rates is None or self._policy is None or self.caller is None:
            return
        self._standing = await self._rates.take(self._policy, self.caller.key_id, cost=cost)
        if not self._standing.is_granted:
            raise used_up(self._standing)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = self._headers(message.get("headers", ()))
        await self._send(message)

    def cut(self) -> None:
        """Cancel the request: it is over its time, or its key is no good any more."""
        if self._task is not None and not self._is_cut:
            self._is_cut = True
            self._task.cancel()

    def is_cut(self) -> bool:
        """Return whether a cancellation came from `cut`, and from nobody else; it is over then."""
        return self._is_cut and self._task is not None and self._task.uncancel() == 0

    async def end(self) -> None:
        """End an answer that has begun, so that the client sees a whole one."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name for name, _ in given}
        headers = [*given, *_ALWAYS, *(pair for pair in _UNLESS_SET if pair[0] not in names)]
        if self._standing is not None:
            headers += self._standing.headers
        return headers


async def charge(connection: HTTPConnection, items: int) -> None:
    """Charge a call for its items, of which the guard has charged the first already.

    Raises ProblemError with 429 when the quota of the key is too small for the others.
    """
    visit: Visit | None = connection.scope.get(_KEY)
    if visit is not None and items > 1:
        await visit.charge(items - 1)


def bounded(receive: Receive, *, path: str, most: int) -> Receive:
    """Return a `receive` for a body that does not tell its length; beyond `most` bytes it raises 413."""
    count = 0

    async def receive_bounded() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:
            # FastAPI turns any other error while it reads a body into 400.
            raise HTTPException(413, str(body_too_large(path)))
        return message

    return receive_bounded
