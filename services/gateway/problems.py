"""Problem details (RFC 9457): every answer of the gateway that is an error.

A route raises ProblemError, or an error of `shared.errors`; the handlers here make the answer. Each Kind has
a section of its name in docs/problems.md.
"""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.bus.port import ClientBrokenError, RecordTooLargeError
from shared.errors import RejectedError, RetryableError
from shared.events.codec import has_lone_surrogate, reason_of
from shared.reasons import Reason

MEDIA_TYPE = "application/problem+json"
CODE_KEY = "tidemill.problem"
"""Key of the code of a problem in the ASGI scope of its request: the reason, else the last part of `type`."""

RETRY_AFTER_S = 2
"""Advice to clients while Kafka is away; it is back within seconds after a broker's restart."""

_AGAIN = "try again later; an Idempotency-Key makes sure that the event counts once"


class Kind(Enum):
    """Kinds of problems, by status and title; the name in lower case is the last part of `type`."""

    NOT_JSON = (400, "The body is not JSON")
    BAD_REQUEST = (400, "The request can't be read")
    UNAUTHORIZED = (401, "The request has no good key")
    FORBIDDEN = (403, "This is not allowed")
    FORGED_LINK = (403, "The link was not made for this event and this key")
    NOT_FOUND = (404, "There is nothing at this address")
    METHOD_NOT_ALLOWED = (405, "This address has no such method")
    TIMEOUT = (408, "The request came too slowly")
    MARKS_FULL = (409, "It can't be noted which letters are replayed")
    GONE = (410, "The event, or its result, was deleted")
    KEY_IN_USE = (409, "The first request with this key goes on still")
    TOO_LARGE = (413, "The body is too large")
    ADDRESS_TOO_LONG = (414, "The address is too long")
    UNSUPPORTED_MEDIA_TYPE = (415, "The body has a type that this address doesn't take")
    INVALID = (422, "A value is missing or not allowed")
    KEY_REUSED = (422, "The key was used for another body")
    REJECTED = (422, "The content can't be handled")
    MISDIRECTED = (421, "The gateway does not go by this host name")
    TOO_MANY_REQUESTS = (429, "The quota of the key is used up")
    HEADERS_TOO_LARGE = (431, "The headers are too many or too long")
    INTERNAL = (500, "The gateway failed")
    MODEL_AWAY = (503, "The model does not answer")
    BUSY = (503, "The models have more to answer than they can")
    TOO_LATE = (504, "The model did not answer in time")
    UNAVAILABLE = (503, "A part that the gateway needs is away")
    OVERLOADED = (503, "The gateway has as many requests as it can take")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def slug(self) -> str:
        """Return the name within `type`, and of the section in docs/problems.md."""
        return self.name.lower().replace("_", "-")


class Complaint(BaseModel):
    """A complaint about one value of the request."""

    detail: str
    reason: Reason
    pointer: str | None = None
    """JSON pointer into the body, such as `#/text`; null where the value is a parameter."""

    parameter: str | None = None
    """Name of the query parameter, header or part of the path; null where the value is in the body."""


class Problem(BaseModel):
    """Problem details as of RFC 9457."""

    type: str
    """Stable path, `/problems/` and a section of docs/problems.md; `about:blank` means the status alone."""

    title: str
    status: int
    detail: str
    """The fault and its cure, for people."""

    reason: str | None = None
    """Stable code, the same as in dead letters where a record would become one."""

    errors: list[Complaint] | None = None
    """All complaints about values of the request."""


class ProblemError(HTTPException):
    """The answer is a problem. `detail` tells the cure, and nothing of the sender's text.

    An HTTPException, as FastAPI lets no other error of a body's parser through.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        reason: str | None = None,
        errors: Sequence[Complaint] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, detail, headers)
        self.problem = Problem(
            type=f"/problems/{kind.slug}",
            title=kind.title,
            status=kind.status,
            detail=detail,
            reason=reason,
            errors=list(errors) or None,
        )


def invalid(error: ValidationError, body: bytes = b"", *, place: str = "body") -> ProblemError:
    """Return the problem of values that pydantic refuses, without them.

    `body` is the JSON text, where it was one; `place` is `query` for values that are not of the body.
    """
    complaints = error.errors(include_url=False, include_input=False, include_context=False)
    if complaints[0]["type"] == "json_invalid":
        return ProblemError(
            Kind.NOT_JSON, f"{complaints[0]['msg']}; send UTF-8 JSON", reason=_reason_of_no_json(body)
        )
    return _invalid([_complaint(each, (place, *each["loc"])) for each in complaints])


def _reason_of_no_json(body: bytes) -> Reason:
    try:
        body.decode()
    except UnicodeDecodeError:
        return Reason.INVALID_UTF8
    return Reason.LONE_SURROGATE if has_lone_surrogate(body) else Reason.NOT_JSON


def _invalid(complaints: Sequence[Complaint]) -> ProblemError:
    first = complaints[0]
    where = first.pointer or first.parameter
    more = f", and {len(complaints) - 1} more" if len(complaints) > 1 else ""
    return ProblemError(
        Kind.INVALID, f"{where}: {first.detail}{more}", reason=first.reason, errors=complaints
    )


def _complaint(complaint: Mapping[str, Any], where: Sequence[int | str]) -> Complaint:
    place, *path = where
    reason = reason_of(complaint["type"])
    if place == "body":
        pointer = "#" + "".join(f"/{_escaped(str(part))}" for part in path)
        return Complaint(detail=complaint["msg"], reason=reason, pointer=pointer)
    return Complaint(detail=complaint["msg"], reason=reason, parameter=".".join(map(str, path)))


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.add_exception_handler(ProblemError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RejectedError, _answer_rejected)
    app.add_exception_handler(RecordTooLargeError, _answer_too_large)
    app.add_exception_handler(RetryableError, _answer_away)
    app.add_exception_handler(ClientBrokenError, _answer_away)
    app.add_exception_handler(Exception, _answer_bug)


class _ProblemAnswer(Response):
    """An answer that tells the guard its code, for metrics and the log."""

    media_type = MEDIA_TYPE

    def __init__(self, error: ProblemError) -> None:
        problem = error.problem
        super().__init__(
            problem.model_dump_json(exclude_none=True).encode(), problem.status, headers=error.headers
        )
        self._code = problem.reason or problem.type.rpartition("/")[2].replace("-", "_")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        scope[CODE_KEY] = self._code
        await super().__call__(scope, receive, send)


def response(error: ProblemError) -> Response:
    """Return the answer; for middlewares, which no handler stands behind."""
    return _ProblemAnswer(error)


async def _answer(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, ProblemError):
        raise error
    return response(error)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, RequestValidationError):
        raise error
    complaints = error.errors()
    if complaints[0]["type"] == "json_invalid":
        detail = f"{complaints[0]['ctx']['error']}; send UTF-8 JSON"
        return response(ProblemError(Kind.NOT_JSON, detail, reason=Reason.NOT_JSON))
    return response(_invalid([_complaint(each, each["loc"]) for each in complaints]))


_BY_STATUS = {
    kind.status: kind
    for kind in (
        Kind.BAD_REQUEST,
        Kind.NOT_FOUND,
        Kind.METHOD_NOT_ALLOWED,
        Kind.TOO_LARGE,
        Kind.UNSUPPORTED_MEDIA_TYPE,
        Kind.INVALID,
        Kind.UNAVAILABLE,
    )
}
_DETAILS = {
    404: "see docs/gateway.md, or GET /openapi.json, for the addresses there are",
    405: "the header Allow names the methods of this address",
}


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer an error of the framework, which has nothing but a status and a few words."""
    del request
    if not isinstance(error, HTTPException):
        raise error
    detail = _DETAILS.get(error.status_code, error.detail)
    if kind := _BY_STATUS.get(error.status_code):
        return response(ProblemError(kind, detail, headers=error.headers))
    title = HTTPStatus(error.status_code).phrase
    problem = {"type": "about:blank", "title": title, "status": error.status_code, "detail": detail}
    content = json.dumps(problem).encode()
    return Response(content, error.status_code, headers=error.headers, media_type=MEDIA_TYPE)


async def _answer_rejected(request: Request, error: Exception) -> Response:
    del request
    if not isinstance(error, RejectedError):
        raise error
    return response(ProblemError(Kind.REJECTED, str(error), reason=error.reason))


async def _answer_too_large(request: Request, error: Exception) -> Response:
    del request, error
    detail = "the record would be larger than Kafka allows; send a shorter text or a smaller file"
    return response(ProblemError(Kind.TOO_LARGE, detail))


async def _answer_away(request: Request, error: Exception) -> Response:
    structlog.get_logger().warning("request_not_served", path=request.url.path, error=str(error))
    again = {"Retry-After": str(RETRY_AFTER_S)}
    return response(ProblemError(Kind.UNAVAILABLE, _AGAIN, headers=again))


async def _answer_bug(request: Request, error: Exception) -> Response:
    structlog.get_logger().error("request_failed", path=request.url.path, error=type(error).__name__)
    return response(ProblemError(Kind.INTERNAL, "the fault is in the gateway; its log has the details"))
