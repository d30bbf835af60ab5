"""Application of the dashboard: pages, their streams, static files, and what viewers can do."""

from collections.abc import Collection, Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.dashboard.fence import Fence
from services.dashboard.site import LoginNeeded, Refused, Site, login_address
from services.dashboard.streams import EventStream
from services.dashboard.views.page import Page, ask_of


def application(
    site: Site, pages: Sequence[Page], routers: Sequence[APIRouter], *, hosts: Collection[str]
) -> Fence:
    """Return the application, with the fence in front of it."""
    app = FastAPI(title="Tidemill", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_always(site, pages[0]))
    for page in pages:
        app.include_router(_page(site, page))
    for router in routers:
        app.include_router(router)
    _handle_refusals(app, site)
    return Fence(app, hosts=hosts)


def _always(site: Site, first: Page) -> APIRouter:
    """Return the routes that need no session."""
    router = APIRouter()

    @router.get("/")
    async def to_first() -> Response:
        return RedirectResponse(f"/{first.path}")

    @router.get("/static/{address}")
    async def static(address: str, request: Request) -> Response:
        if (asset := site.assets.find(address)) is None:
            raise HTTPException(404)
        return asset.response(request)

    return router


def _page(site: Site, page: Page) -> APIRouter:
    """Return the routes of a page: the whole, and the stream of its changes."""
    router = APIRouter()

    @router.get(f"/{page.path}")
    async def whole(request: Request) -> Response:
        viewer = site.viewer(request, needs=page.needs)
        ask = ask_of(page, request.query_params, viewer.me.scopes)
        return HTMLResponse(site.drawing.whole(page, ask, viewer), headers={"Cache-Control": "no-store"})

    @router.get(f"/streams/{page.path}")
    async def stream(request: Request) -> Response:
        viewer = site.viewer(request, needs=page.needs)
        ask = ask_of(page, request.query_params, viewer.me.scopes)
        return EventStream(site.hub, page, ask, is_allowed=lambda: viewer.is_welcome)

    return router


def _handle_refusals(app: FastAPI, site: Site) -> None:
    @app.exception_handler(LoginNeeded)
    async def to_login(request: Request, error: LoginNeeded) -> Response:
        del error
        if request.method == "GET" and not request.url.path.startswith("/streams/"):
            return RedirectResponse(login_address(request), 303)
        return Response("log in first", 401, media_type="text/plain", headers={"HX-Redirect": "/login"})

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        del request
        return site.html("refused.html", {"title": error.title, "why": error.why}, status=error.status)

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: HTTPException) -> Response:
        del request
        return site.html(
            "refused.html",
            {"title": "Not here", "why": "There is no page at this address."}
            if error.status_code == 404
            else {"title": "Not possible", "why": str(error.detail)},
            status=error.status_code,
        )
