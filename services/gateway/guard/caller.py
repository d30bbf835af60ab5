"""Callers of the gateway and their scopes; dependencies of routes that need them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from services.gateway.guard.refused import Refused

SCOPE_KEY = "tidemill.caller"
"""Key of the caller in the ASGI scope of a request."""


class Scope(StrEnum):
    """Rights of a key."""

    MESSAGES_WRITE = "messages:write"
    """Send customer messages."""

    ARTICLES_WRITE = "articles:write"
    """Send stories."""

    IMAGES_WRITE = "images:write"
    """Send images."""

    ANALYZE = "analyze"
    """Ask the models directly."""

    RESULTS_OWN = "results:own"
    """Read results of events that the same key sent."""

    RESULTS_ALL = "results:all"
    """Read all results; includes `results:own`."""

    STREAM = "stream"
    """Subscribe to results as server-sent events."""

    TEXT_READ = "text:read"
    """Read the texts of messages and stories, not only what was decided about them."""

    CORRECTIONS_WRITE = "corrections:write"
    """Correct decisions."""

    DEAD_READ = "dead:read"
    """Read dead letters."""

    DEAD_REPLAY = "dead:replay"
    """Replay dead letters."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that calls, without its secret."""

    key_id: str
    name: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Return whether the caller has this scope."""
        if scope is Scope.RESULTS_OWN and Scope.RESULTS_ALL in self.scopes:
            return True
        return scope in self.scopes


ANYBODY = Caller(key_id="open", name="open", scopes=frozenset(Scope))
"""Every caller of a gateway without keys, which listens on loopback only."""


class requires(SecurityBase):  # noqa: N801 - it reads as a verb: `Depends(requires(Scope.ANALYZE))`
    """Dependency that returns the caller, who has all of these scopes.

    `Annotated[Caller, Depends(requires(Scope.ANALYZE))]`; without scopes any key will do. Raises Refused
    with 403, which names the missing scope. It shows as a bearer token in the OpenAPI document.
    """

    model = HTTPBearer(description="A key made by `tidemill keys add`.")
    scheme_name = "key"

    def __init__(self, *scopes: Scope) -> None:
        self._scopes = scopes

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Return the caller, whom the guard in front of the application has found out."""
        found = cast("Caller", connection.scope[SCOPE_KEY])
        for scope in self._scopes:
            if not found.may(scope):
                raise missing(scope)
        return found


caller = requires()
"""Dependency that returns the caller: `Annotated[Caller, Depends(caller)]`."""


def missing(scope: Scope) -> Refused:
    """Return the refusal of a caller without this scope."""
    return Refused(
        403,
        "missing_scope",
        f"this key lacks the scope {scope}: use a key that has it (tidemill keys add NAME --scope {scope})",
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
    )
