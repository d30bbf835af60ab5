"""Route of bodies that become events: as FastAPI documents it, at a third of its CPU time."""

from collections.abc import Callable, Coroutine
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from services.gateway.problems import invalid
from services.gateway.routes.media_types import JSON, media_type, unsupported


class EventRoute(APIRoute):
    """Route whose endpoint takes the request, a caller by `Depends(requires(...))`, and a JSON body.

    It checks the type of the body, then the scope, then the body, in one pass over its bytes as the streams
    do. FastAPI's own handler, which can do anything, takes 100 us to do the same.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests."""
        endpoint, asked = self.endpoint, self.dependant
        [caller], [body] = asked.dependencies, asked.body_params
        names = (asked.request_param_name or "", caller.name or "", body.name)
        adapter = TypeAdapter[Any](get_type_hints(endpoint, include_extras=True)[body.name])
        allowed: Any = caller.call

        async def handle(request: Request) -> Response:
            if media_type(request) != JSON:
                raise unsupported(JSON)
            by = await allowed(request)
            values = (request, by, _parsed(adapter, await request.body()))
            response: Response = await endpoint(**dict(zip(names, values, strict=True)))
            return response

        return handle


def _parsed(adapter: TypeAdapter[Any], body: bytes) -> Any:
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise invalid(error, body) from None
