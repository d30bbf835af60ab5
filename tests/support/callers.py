"""Callers of a gateway in tests that stand in for the guard."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.guard import caller


class CalledBy:
    """ASGI application whose every request comes from the same caller."""

    def __init__(self, app: ASGIApp, by: caller.Caller) -> None:
        self._app = app
        self._by = by

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its caller in the scope."""
        scope[caller.SCOPE_KEY] = self._by
        await self._app(scope, receive, send)


def a_caller(*scopes: caller.Scope, key_id: str = "k1") -> caller.Caller:
    """Return a caller with these scopes."""
    return caller.Caller(key_id=key_id, name="shop", scopes=frozenset(scopes))
