"""Site: the parts that routes share, and the checks of those who ask."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.dashboard.assets import Assets
from services.dashboard.door import Door, Viewer
from services.dashboard.drawing import Drawing
from services.dashboard.gateway import Gateway
from services.dashboard.hub import Hub
from services.dashboard.session import Session
from services.dashboard.state.state import State
from shared.corrections.labels import Labels
from shared.keys.scope import Scope

CSRF_HEADER = "X-CSRF-Token"
"""Header that htmx sends with each request of a page; a form without a script has a field `csrf`."""


class Refused(Exception):  # noqa: N818 - the request is refused, nothing went wrong
    """A request that gets a page with a reason instead of what it asked for."""

    def __init__(self, status: int, title: str, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.title = title
        self.why = why


class LoginNeeded(Exception):  # noqa: N818 - the same
    """A request of somebody who has not shown a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Parts of the running dashboard."""

    assets: Assets
    state: State
    drawing: Drawing
    hub: Hub
    door: Door
    gateway: Gateway
    labels: Labels
    is_secure: bool
    """True when browsers reach the pages by TLS: the cookie is never sent without it."""

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie; browsers guard the prefix."""
        return "__Host-tidemill" if self.is_secure else "tidemill"

    def viewer(self, request: Request, *, needs: Scope | None = None) -> Viewer:
        """Return the viewer of a request.

        Raises Refused when nobody can be let in or the key lacks a scope, LoginNeeded without a session.
        """
        if self.door.fault:
            raise Refused(503, "Not open yet", self.door.fault)
        viewer = self.door.viewer(request.cookies.get(self.cookie))
        if viewer is None:
            raise LoginNeeded
        if needs is not None and not viewer.me.may(needs):
            raise Refused(
                403,
                "Your key lacks a scope",
                f"The key {viewer.me.name} lacks {needs}: log in with one that has it "
                f"(tidemill keys add NAME --scope {needs}).",
            )
        return viewer

    async def posted(self, request: Request, *, needs: Scope | None = None) -> tuple[Viewer, FormData]:
        """Return the viewer and the form of a request that changes something.

        Raises Refused also when it lacks the token of the viewer's page.
        """
        viewer, form = self.viewer(request, needs=needs), await request.form()
        token = request.headers.get(CSRF_HEADER) or form.get("csrf")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), viewer.csrf.encode()):
            raise Refused(403, "Form too old", "The page was opened before you logged in: load it again.")
        return viewer, form

    def html(self, template: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
        """Return a page that is not live."""
        return HTMLResponse(
            self.drawing.plain(template, values), status, headers={"Cache-Control": "no-store"}
        )

    def with_session(self, session: Session, target: str) -> Response:
        """Return the way to a page, with the cookie of a new session."""
        response = RedirectResponse(target, 303)
        response.set_cookie(
            self.cookie, session.id, httponly=True, samesite="strict", secure=self.is_secure, path="/"
        )
        return response

    def without_session(self, target: str) -> Response:
        """Return the way to a page, and take the cookie back."""
        response = RedirectResponse(target, 303)
        response.delete_cookie(self.cookie, httponly=True, samesite="strict", secure=self.is_secure, path="/")
        return response


def login_address(request: Request) -> str:
    """Return the address of the login page that leads back to a page."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?next={quote(target)}"


def own_path(target: str | None) -> str:
    """Return a path of these pages; the first page for anything that leads elsewhere."""
    is_own = target is not None and target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_own and target else "/"
