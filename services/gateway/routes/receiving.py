"""Receipt of events over HTTP: what the routes of messages, stories and images share."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.accepting.bodies import Body
from services.gateway.accepting.submission import Accept, Key, Submission, event_ids, fingerprint
from services.gateway.guard.caller import Caller
from services.gateway.guard.visit import charge
from services.gateway.openapi import problems
from services.gateway.problems import Complaint, Kind, ProblemError
from services.gateway.results.bodies import ResultsBody
from services.gateway.results.replying import Replies
from shared.bus.record import Place
from shared.events.headers import STATE_HEADER, TRACE_HEADER, Trace, trace_of
from shared.reasons import Reason

MANY: Final = Field(min_length=1, max_length=64)
"""Bound of the items of one request."""

_KEY_HEADER = "Idempotency-Key"
_KEY_MAX_CHARS = 255

_PREFER: Final[dict[str, Any]] = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=2` waits for the result, for up to two seconds; the answer is 200 if it came.",
    "schema": {"type": "string"},
}
BATCH_HEADERS: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": _KEY_HEADER,
            "in": "header",
            "description": "The same key with the same body is the same event, however often it is sent.",
            "schema": {"type": "string", "minLength": 1, "maxLength": _KEY_MAX_CHARS, "pattern": "^[!-~]+$"},
        },
        {
            "name": TRACE_HEADER,
            "in": "header",
            "description": "Parent of the event in its W3C trace; without one a trace begins.",
            "schema": {"type": "string"},
        },
    ]
}
HEADERS: Final[dict[str, Any]] = {"parameters": [*BATCH_HEADERS["parameters"], _PREFER]}
"""Headers of the requests as OpenAPI has them; they are read here, as declared ones cost 15 us each."""

ONE: Final[dict[str, Any]] = {
    "path": "",
    "status_code": 202,
    "response_model": ResultsBody,
    "responses": {
        200: {"model": ResultsBody, "description": "The results came while the call waited for them."},
        **problems(Kind.KEY_IN_USE),
    },
    "openapi_extra": HEADERS,
}
"""Declaration of the route that takes one event."""

BATCH: Final[dict[str, Any]] = {
    "path": "/batch",
    "status_code": 202,
    "response_model": list[ResultsBody],
    "responses": problems(Kind.KEY_IN_USE),
    "openapi_extra": BATCH_HEADERS,
}
"""Declaration of the route that takes several events."""


class Receiving:
    """Turns bodies into events, has them accepted, and replies."""

    def __init__(self, accept: Accept, replies: Replies) -> None:
        self._accept = accept
        self._replies = replies

    async def one(self, request: Request, by: Caller, body: Body) -> Response:
        """Return the reply to one event, once Kafka has it."""
        submission = _submission(request, by, [body])

        async def publish() -> Place:
            [place] = await self._accept(submission)
            return place

        event_id = submission.events[0].event_id
        return _in_trace(submission.trace, await self._replies.reply(request, by, event_id, publish))

    async def many(self, request: Request, by: Caller, bodies: Sequence[Body]) -> Response:
        """Return the reply to several events, once Kafka has all of them."""
        await charge(request, len(bodies))
        submission = _submission(request, by, bodies)

        async def publish() -> Sequence[Place]:
            return await self._accept(submission)

        ids = [event.event_id for event in submission.events]
        return _in_trace(submission.trace, await self._replies.reply_to_all(by, ids, publish))


def _submission(request: Request, by: Caller, bodies: Sequence[Body]) -> Submission:
    key = _key(request, by)
    now = datetime.now(UTC)
    ids = event_ids(key, len(bodies))
    return Submission(
        [body.event(event_id, now) for body, event_id in zip(bodies, ids, strict=True)],
        _trace(request),
        key,
        fingerprint(bodies) if key else "",
    )


def _key(request: Request, by: Caller) -> Key | None:
    """Return the key of the request. Raises ProblemError when it is none."""
    values = request.headers.getlist(_KEY_HEADER)
    if not values:
        return None
    value = values[0].strip()
    # A string of a structured header, as the draft has it, or without its quotes.
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if len(values) > 1 or not 1 <= len(value) <= _KEY_MAX_CHARS or not _is_printable(value):
        detail = f"send one key of 1 to {_KEY_MAX_CHARS} printable ASCII characters, such as a UUID"
        complaint = Complaint(detail=detail, reason=Reason.WRONG_SHAPE, parameter=_KEY_HEADER)
        raise ProblemError(Kind.BAD_REQUEST, f"{_KEY_HEADER}: {detail}", errors=[complaint])
    return Key(by.key_id, value)


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _trace(request: Request) -> Trace:
    headers = request.headers
    named = [(TRACE_HEADER, headers.get(TRACE_HEADER, "").encode())]
    named += [(STATE_HEADER, value.encode()) for value in headers.getlist(STATE_HEADER)]
    return trace_of(tuple(named))


def _in_trace(trace: Trace, response: Response) -> Response:
    """Return the response with the trace of its events, as W3C Trace Context, level 2, names it."""
    response.headers["traceresponse"] = trace.parent
    return response
