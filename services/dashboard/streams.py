"""Stream of the frames of a page, until the viewer leaves, the session ends or the service stops."""

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.dashboard.hub import CrowdedError, Hub
from services.dashboard.views.page import Ask, Page

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_RETRY_AFTER_S = "30"


class EventStream(Response):
    """Server-sent events of one view; 503 when as many pages are open as may be."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, page: Page, ask: Ask, *, is_allowed: Callable[[], bool]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._hub = hub
        self._page = page
        self._ask = ask
        self._is_allowed = is_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames; return when the stream has ended."""
        streaming = asyncio.create_task(self._stream(scope, receive, send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((streaming, leaving), return_when=asyncio.FIRST_COMPLETED)
            if streaming.done():
                streaming.result()
        finally:
            for task in (streaming, leaving):
                task.cancel()
            await asyncio.wait((streaming, leaving))

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._hub.viewing(self._page, self._ask) as frames:
                await send(
                    {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
                )
                async for frame in frames:
                    if not self._is_allowed():
                        break
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except CrowdedError as error:
            headers = {"Retry-After": _RETRY_AFTER_S}
            await Response(str(error), 503, headers, "text/plain")(scope, receive, send)


async def _left(receive: Receive) -> None:
    """Return when the viewer has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
