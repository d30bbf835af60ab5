"""Bodies of the answers to callers: state, results and refusal of one input."""

from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic_core import from_json

from services.gateway.problems import Kind, Problem, ProblemError
from services.gateway.results.answers import Answer, Refusal, Status

_TEXT_FIELDS: Final = frozenset({"text", "reply", "headline"})
"""Fields of results, at any depth, that hold words of customers or of stories."""


class ResultBody(BaseModel):
    """One result: an event of the public contract."""

    type: str
    """Wire name of the event, such as `support.message_routed.v1`."""

    data: dict[str, Any]
    """The event, as its schema describes it; texts are null for keys without `text:read`."""


class ResultsBody(BaseModel):
    """State of the work on an accepted event, and its results so far."""

    event_id: UUID
    status: Status
    result_url: str | None = None
    """Path at which the results can be asked for, also later; null for whoever asked without it."""

    results: list[ResultBody] = Field(default_factory=list)
    problem: Problem | None = None
    """Set where the event was refused; its `reason` is that of the dead letter."""


def body_of(event_id: UUID, answer: Answer, *, link: str | None, with_text: bool) -> ResultsBody:
    """Return the body for an answer; without `with_text` the fields that hold texts are null."""
    refusal = answer.refusal if answer.status is Status.REFUSED else None
    results = []
    for result in answer.results:
        data = from_json(result.value)
        results.append(ResultBody(type=result.topic, data=data if with_text else without_text(data)))
    return ResultsBody(
        event_id=event_id,
        status=answer.status,
        result_url=link,
        results=results,
        problem=None if refusal is None else _problem(refusal),
    )


def _problem(refusal: Refusal) -> Problem:
    return ProblemError(Kind.REJECTED, refusal.detail, reason=refusal.reason).problem


def without_text(value: Any) -> Any:
    """Return parsed JSON with null in every field that holds words of customers or of stories."""
    if isinstance(value, dict):
        return {name: None if name in _TEXT_FIELDS else without_text(inner) for name, inner in value.items()}
    return [without_text(inner) for inner in value] if isinstance(value, list) else value
