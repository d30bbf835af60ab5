"""`/images/ID`: the file of a received image."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from services.dashboard.site import Site
from shared.keys.scope import Scope

_TYPES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
}
_HEADERS = {"Cache-Control": "private, max-age=300", "Content-Security-Policy": "default-src 'none'; sandbox"}


def router(site: Site) -> APIRouter:
    """Return the routes."""
    routes = APIRouter()

    @routes.get("/images/{image_id}")
    async def file(request: Request, image_id: UUID) -> Response:
        site.viewer(request, needs=Scope.TEXT_READ)
        content = site.state.images.file(str(image_id))
        if content is None or (media_type := type_of(content)) is None:
            raise HTTPException(404)
        return Response(content, media_type=media_type, headers=_HEADERS)

    return routes


def type_of(content: bytes) -> str | None:
    """Return the media type of an image by its first bytes; None for a file that browsers might run."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((name for begin, name in _TYPES.items() if content.startswith(begin)), None)
