"""Images in a request: the bytes of a file, a form with files, or JSON with base64."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from starlette.datastructures import UploadFile
from starlette.requests import Request

from services.gateway.direct.texts import ITEMS_MAX_COUNT
from services.gateway.problems import invalid
from services.gateway.routes.media_types import media_type, unsupported
from shared.events import ImageKind
from shared.inference.image import MEDIA_TYPES

FILES = (*MEDIA_TYPES, "application/octet-stream")
"""Types of a body that is an image itself."""

_Image = Annotated[Any, WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one call: files as bytes, or base64 as it was sent."""

    kind: ImageKind
    contents: Sequence[Any]
    is_one: bool
    """True when the caller sent one image, not a list."""


class ImagesBody(BaseModel):
    """One image, or up to 64; each JPEG, PNG, GIF or WebP, at most 512 KiB and 25 megapixels, as base64."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"oneOf": [{"required": ["image"]}, {"required": ["images"]}]}
    )

    kind: ImageKind
    image: _Image = None
    images: Annotated[list[_Image], Field(min_length=1, max_length=ITEMS_MAX_COUNT)] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if len(self.model_fields_set & {"image", "images"}) != 1:
            raise ValueError("send either image or images")
        return self


async def images_of(request: Request, kind: ImageKind | None) -> Images:
    """Return the images of a request; `kind` is that of its query, for bodies that name none.

    Raises ProblemError when the body has another type, or is of the wrong shape.
    """
    sent_as = media_type(request)
    if sent_as == "application/json":
        body = await request.body()
        return _images(body, ImagesBody.model_validate_json, body)
    if sent_as == "multipart/form-data":
        return _images(b"", ImagesBody.model_validate, await _fields(request, kind))
    if sent_as in FILES:
        return _images(b"", ImagesBody.model_validate, {**_named(kind), "image": await request.body()})
    raise unsupported("application/json", "multipart/form-data", *FILES)


def _images(body: bytes, validate: Callable[[Any], ImagesBody], sent: Any) -> Images:
    try:
        images = validate(sent)
    except ValidationError as error:
        raise invalid(error, body) from None
    is_one = "image" in images.model_fields_set
    return Images(images.kind, [images.image] if is_one else images.images, is_one)


async def _fields(request: Request, kind: ImageKind | None) -> dict[str, Any]:
    """Return the fields of a form, as of JSON but with files as bytes."""
    fields: dict[str, Any] = {**_named(kind)}
    # One more than is allowed: the refusal then says how many are.
    async with request.form(max_files=ITEMS_MAX_COUNT + 1, max_fields=ITEMS_MAX_COUNT + 1) as form:
        for name, value in form.multi_items():
            content = await value.read() if isinstance(value, UploadFile) else value
            if name == "images":
                fields.setdefault(name, []).append(content)
            else:
                fields[name] = content
    return fields


def _named(kind: ImageKind | None) -> dict[str, Any]:
    return {} if kind is None else {"kind": kind}
