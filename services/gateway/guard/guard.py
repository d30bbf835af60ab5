"""Guard: the ASGI middleware in front of the application."""

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.guard.caller import ANYBODY, SCOPE_KEY


class Guard:
    """Finds out who calls before the application sees the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its caller in the scope."""
        scope[SCOPE_KEY] = ANYBODY
        await self._app(scope, receive, send)
