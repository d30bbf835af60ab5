"""Refusals of the guard."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse


class Refused(Exception):  # noqa: N818 - the request is refused, nothing went wrong
    """A request that the guard turns away.

    `reason` is the stable code that the answer, the access log and the metrics name; `detail` tells the
    cure in one line, and repeats nothing of the request that may be secret.
    """

    def __init__(
        self, status: int, reason: str, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = dict(headers or {})


async def answer_refused(request: Request, refused: Exception) -> JSONResponse:
    """Return the problem detail of a refusal: the handler that the application registers."""
    del request
    if not isinstance(refused, Refused):
        raise refused
    content = {"status": refused.status, "reason": refused.reason, "detail": refused.detail}
    return JSONResponse(
        content, refused.status, headers=refused.headers, media_type="application/problem+json"
    )
