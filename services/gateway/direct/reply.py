"""Replies to direct calls: one answer, or a list with a problem in the place of each bad item."""

from collections.abc import Sequence
from typing import Generic

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.direct.analyses import Answered
from services.gateway.problems import Kind, Problem, ProblemError
from shared.errors import RejectedError
from shared.events.headers import TRACE_HEADER, trace_of


class Many(BaseModel, Generic[Answered]):
    """Answers in the order of the items that were sent; a bad item has a problem in its place."""

    model_config = ConfigDict(frozen=True)

    items: list[Answered | Problem]


def trace_id(request: Request) -> str:
    """Return the id of the trace that the request belongs to; a new one when it names none."""
    parent = request.headers.get(TRACE_HEADER, "").encode("latin-1")
    return trace_of(((TRACE_HEADER, parent),)).id


def reply(answers: Sequence[Answered | RejectedError], *, is_one: bool) -> Response:
    """Return the reply. Raises RejectedError when the only item was refused."""
    if not is_one:
        return _json(Many(items=[_item(answer) for answer in answers]))
    (answer,) = answers
    if isinstance(answer, RejectedError):
        raise answer
    return _json(answer)


def _item(answer: Answered | RejectedError) -> Answered | Problem:
    if isinstance(answer, RejectedError):
        return ProblemError(Kind.REJECTED, str(answer), reason=answer.reason).problem
    return answer


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), media_type="application/json")
