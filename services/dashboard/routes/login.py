"""`/login` and `/logout`: a viewer shows an API key, and takes it back."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.dashboard.site import Site, own_path
from shared.errors import RetryableError

_KEY_MAX_CHARACTERS = 200


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.get("/login")
    async def form(request: Request) -> Response:
        return _page(site, request.query_params.get("next"))

    @routes.post("/login")
    async def login(request: Request) -> Response:
        # Without a token: nobody has a session yet, and the fence refuses forms of other sites.
        posted = await request.form()
        secret, target = str(posted.get("key", "")).strip(), str(posted.get("next", ""))
        if not secret or len(secret) > _KEY_MAX_CHARACTERS or not secret.isascii():
            return _page(
                site,
                target,
                "Enter an API key; `tidemill keys add NAME --scope SCOPE` makes one.",
                status=422,
            )
        try:
            session = await site.door.login(secret)
        except RetryableError as error:
            return _page(site, target, f"Keys can't be checked now: {error}.", status=503)
        if session is None:
            return _page(site, target, "The gateway does not know this key, or it was revoked.", status=401)
        return site.with_session(session, own_path(target))

    @routes.post("/logout")
    async def logout(request: Request) -> Response:
        viewer, _ = await site.posted(request)
        if viewer.session:
            site.door.logout(viewer.session)
        return site.without_session("/login")

    return routes


def _page(site: Site, target: str | None, fault: str = "", *, status: int = 200) -> Response:
    return site.html("login.html", {"next": own_path(target), "fault": fault}, status=status)
