"""Callers of the gateway and their scopes; dependencies of routes that need them."""

from dataclasses import dataclass
from typing import cast

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from services.gateway.problems import Kind, ProblemError
from shared.keys.scope import Scope

__all__ = ["ANYBODY", "SCOPE_KEY", "Caller", "Scope", "caller", "missing", "requires"]

SCOPE_KEY = "tidemill.caller"
"""Key of the caller in the ASGI scope of a request."""


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

    `Annotated[Caller, Depends(requires(Scope.ANALYZE))]`; without scopes any key will do. Raises ProblemError
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


def missing(scope: Scope) -> ProblemError:
    """Return the problem of a caller without this scope."""
    return ProblemError(
        Kind.FORBIDDEN,
        f"this key lacks the scope {scope}: use a key that has it (tidemill keys add NAME --scope {scope})",
        reason="scope_missing",
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
    )
