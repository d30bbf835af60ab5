"""Routes whose body is JSON, parsed as strictly as the records of topics are."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from services.gateway.problems import Kind, ProblemError
from shared.events.codec import has_lone_surrogate
from shared.reasons import Reason

_JSON = "application/json"


class JsonRoute(APIRoute):
    """Route that refuses a body of another type than JSON: `APIRouter(route_class=JsonRoute)`.

    Pages of other origins can send some other types without being asked whether they may.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def handle_json(request: Request) -> Response:
            if media_type(request) != _JSON:
                raise unsupported(_JSON)
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_json


class _JsonRequest(Request):
    """Request whose JSON has no half characters and no NaN, which Python's own parser takes."""

    async def json(self) -> Any:
        """Return the parsed body. Raises ProblemError when it is no JSON."""
        body = await self.body()
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            reason = Reason.LONE_SURROGATE if _is_text(body) and has_lone_surrogate(body) else Reason.NOT_JSON
            raise ProblemError(Kind.NOT_JSON, f"{error}; send UTF-8 JSON", reason=reason) from None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def media_type(request: Request) -> str:
    """Return the type of the body, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(*types: str) -> ProblemError:
    """Return the problem of a body that has none of these types."""
    detail = f"send the body as {' or '.join(types)}, and say so in Content-Type"
    return ProblemError(Kind.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Post": ", ".join(types)})
