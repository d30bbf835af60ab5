"""`/v1/classify`: digits and dishes in images, answered by the models in the same call."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.direct.answers import Classified
from services.gateway.direct.direct import Direct
from services.gateway.direct.images import FILES, ImagesBody, images_of
from services.gateway.direct.reply import Many, reply, trace_id
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.guard.visit import charge
from services.gateway.openapi import problems
from services.gateway.problems import Kind
from shared.events import ImageKind

_FORM = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": list(ImageKind), "description": "Here or in the query."},
        "image": {"type": "string", "format": "binary"},
        "images": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 64},
    },
}
_FILE = {"type": "string", "format": "binary"}


def router(direct: Direct) -> APIRouter:
    """Return the routes of images."""
    routes = APIRouter(prefix="/v1/classify", tags=["models"])

    @routes.post(
        "/image",
        response_model=Classified | Many[Classified],
        responses=problems(Kind.TOO_LATE),
        openapi_extra={"requestBody": _body()},
    )
    async def classify_image(
        request: Request,
        caller: Annotated[Caller, Depends(requires(Scope.ANALYZE))],
        kind: ImageKind | None = None,
    ) -> Response:
        """Return the digit or the dish in an image, or in up to 64.

        Send the bytes of a file with `?kind=digit` or `?kind=dish`, a form, or JSON with base64.
        """
        del caller
        images = await images_of(request, kind)
        await charge(request, len(images.contents))
        answers = await direct.ask(
            direct.analyses.images[images.kind], images.contents, trace_id=trace_id(request)
        )
        return reply(answers, is_one=images.is_one)

    return routes


def _body() -> dict[str, Any]:
    schema = ImagesBody.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]  # the parameter `kind` has put it among the components
    return {
        "required": True,
        "content": {
            "application/json": {"schema": schema},
            "multipart/form-data": {"schema": _FORM},
            **{kind: {"schema": _FILE} for kind in FILES},
        },
    }
