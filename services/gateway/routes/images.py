"""`/v1/images`: images of a case, as a form or as the file itself."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from services.gateway.accepting.bodies import Image, ImageFields
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.problems import Complaint, Kind, ProblemError, invalid
from services.gateway.routes.media_types import media_type, unsupported
from services.gateway.routes.receiving import HEADERS, ONE, Receiving
from shared.events.image import IMAGE_MAX_BYTES
from shared.inference.image import MEDIA_TYPES, check_image
from shared.reasons import Reason

_FORM: Final = "multipart/form-data"
_FORM_MAX_BYTES: Final = IMAGE_MAX_BYTES + 64 * 1024
"""Bound of a form: the file, its fields and what separates them."""

Writer = Annotated[Caller, Depends(requires(Scope.IMAGES_WRITE))]


def router(receiving: Receiving) -> APIRouter:
    """Return the routes of images."""
    routes = APIRouter(prefix="/v1/images", tags=["images"])

    @routes.post(**ONE | {"openapi_extra": _documented()})
    async def receive_image(request: Request, by: Writer) -> Response:
        """Accept an image of at most 512 KiB: Kafka has it when the answer is 202.

        Either a form with the fields `file`, `case_id`, `kind` and `occurred_at`, or the file itself with the
        others as query parameters.
        """
        image = await _image(request)
        # Beside the event loop: a header can hold much to unpack.
        await asyncio.to_thread(check_image, image.content)
        return await receiving.one(request, by, image)

    return routes


async def _image(request: Request) -> Image:
    """Return the image that a request carries. Raises ProblemError when it carries none, or a wrong one."""
    sent_as = media_type(request)
    if sent_as == _FORM:
        _refuse_longer(request, _FORM_MAX_BYTES)
        _refuse_query(request)
        return await _from_form(request)
    if sent_as in MEDIA_TYPES:
        _refuse_longer(request, IMAGE_MAX_BYTES)
        fields = _fields(dict(request.query_params), place="query")
        return _image_of(fields, await request.body())
    raise unsupported(_FORM, *MEDIA_TYPES)


async def _from_form(request: Request) -> Image:
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            detail = "a form needs the image as a file in the field `file`"
            complaint = Complaint(detail=detail, reason=Reason.WRONG_SHAPE, pointer="#/file")
            raise ProblemError(Kind.INVALID, detail, reason=Reason.WRONG_SHAPE, errors=[complaint])
        fields = _fields({name: value for name, value in form.items() if name != "file"}, place="body")
        return _image_of(fields, await file.read(IMAGE_MAX_BYTES + 1))


def _fields(values: Mapping[str, Any], *, place: str) -> ImageFields:
    try:
        return ImageFields.model_validate(values)
    except ValidationError as error:
        raise invalid(error, place=place) from None


def _image_of(fields: ImageFields, content: bytes) -> Image:
    if len(content) > IMAGE_MAX_BYTES:
        raise _too_large()
    return Image(fields=fields, content=content)


def _refuse_query(request: Request) -> None:
    """Refuse fields in the query of a form: it is unclear which of two would count."""
    if request.query_params:
        raise ProblemError(Kind.INVALID, "send every field in the form, and none in the query")


def _refuse_longer(request: Request, max_bytes: int) -> None:
    """Refuse a body that says that it is too large, before it is read."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large()


def _too_large() -> ProblemError:
    detail = f"the file has more than {IMAGE_MAX_BYTES // 1024} KiB; send a smaller one"
    return ProblemError(Kind.TOO_LARGE, detail, reason=Reason.IMAGE_TOO_LARGE)


def _documented() -> dict[str, Any]:
    """Return the request as OpenAPI has it."""
    fields: dict[str, Any] = ImageFields.model_json_schema(ref_template="#/components/schemas/{model}")
    properties = {
        name: _inlined(part, fields.get("$defs", {})) for name, part in fields["properties"].items()
    }
    file = {"type": "string", "format": "binary", "maxLength": IMAGE_MAX_BYTES}
    form = {
        "type": "object",
        "properties": {**properties, "file": file},
        "required": [*fields["required"], "file"],
    }
    query = [
        {"name": name, "in": "query", "required": False, "schema": part} for name, part in properties.items()
    ]
    contents = {kind: {"schema": file} for kind in MEDIA_TYPES}
    return {
        "parameters": [*HEADERS["parameters"], *query],
        "requestBody": {"required": True, "content": {_FORM: {"schema": form}, **contents}},
    }


def _inlined(part: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with the definition that it refers to, if any, in it."""
    reference = part.get("$ref", "").rpartition("/")[2]
    return {
        **definitions.get(reference, {}),
        **{name: value for name, value in part.items() if name != "$ref"},
    }
