"""Application of the dashboard: pages, their streams, static files."""

from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.dashboard.assets import Assets
from services.dashboard.hub import Hub
from services.dashboard.rendering import Renderer
from services.dashboard.state.state import State
from services.dashboard.streams import EventStream
from services.dashboard.views.page import Ask, Page, ask_of


class Drawing:
    """Pages and their live parts, made of the state."""

    def __init__(self, renderer: Renderer, state: State) -> None:
        self._renderer = renderer
        self._state = state

    def parts(self, page: Page, ask: Ask) -> dict[str, str]:
        """Return the live parts of a page."""
        return self._renderer.parts(page, self._values(page, ask))

    def whole(self, page: Page, ask: Ask, **of_viewer: Any) -> str:
        """Return the whole page; `of_viewer` is what the frame around the live parts shows."""
        return self._renderer.page(page.template, self._values(page, ask) | of_viewer)

    def _values(self, page: Page, ask: Ask) -> dict[str, Any]:
        return {"page": page, "ask": ask, "state": self._state, **page.values(self._state, ask)}


def application(pages: tuple[Page, ...], assets: Assets, drawing: Drawing, hub: Hub) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Tidemill", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/", include_in_schema=False)
    async def first() -> Response:
        return RedirectResponse(f"/{pages[0].path}")

    @app.get("/static/{address}", include_in_schema=False)
    async def static(address: str, request: Request) -> Response:
        if (asset := assets.find(address)) is None:
            raise HTTPException(404)
        return asset.response(request)

    for page in pages:
        _add(app, page, drawing, hub)
    return app


def _add(app: FastAPI, page: Page, drawing: Drawing, hub: Hub) -> None:
    @app.get(f"/{page.path}", include_in_schema=False)
    async def whole(request: Request) -> Response:
        ask = ask_of(page, request.query_params, reads_text=True)
        return HTMLResponse(drawing.whole(page, ask), headers={"Cache-Control": "no-store"})

    @app.get(f"/streams/{page.path}", include_in_schema=False)
    async def stream(request: Request) -> Response:
        ask = ask_of(page, request.query_params, reads_text=True)
        return EventStream(hub, page, ask, is_allowed=lambda: True)
