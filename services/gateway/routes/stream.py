"""`/v1/stream`: results as server-sent events."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.gateway.guard import caller as callers
from services.gateway.problems import Kind, ProblemError
from services.gateway.results.filters import RESULT_TOPICS, Filter
from services.gateway.results.positions import Positions, WrongPositionsError, from_text
from services.gateway.results.results import Results
from services.gateway.results.streams import Subscription
from shared.errors import ConfigError
from shared.topics import topics as topics_named

_Names = Annotated[str, Field(max_length=2000)] | None
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Results"},
}


class StreamResponse(StreamingResponse):
    """Stream of server-sent events; whatever ends it ends the search for missed results, too."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes]) -> None:
        super().__init__(frames, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends or the client leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._frames.aclose()


class Asked(BaseModel):
    """Filters of the query, several values of one separated by commas; a misspelt name is refused."""

    model_config = ConfigDict(extra="forbid")

    topics: _Names = None
    """`routed`, `alerts`, or full names of result topics; all of them by default."""

    lane: _Names = None
    queue: _Names = None
    company: _Names = None
    label: _Names = None
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Least confidence of a prediction, with one of the labels where some are given."""

    def filter(self) -> Filter:
        """Return the filter. Raises ProblemError where a topic has no results."""
        return Filter(
            topics=_result_topics(self.topics),
            lanes=_names(self.lane),
            queues=_names(self.queue),
            companies=_names(self.company),
            labels=_names(self.label),
            min_confidence=self.min_confidence,
        )


def router(results: Results) -> APIRouter:
    """Return the route of the stream."""
    routes = APIRouter(prefix="/v1/stream", tags=["results"])

    @routes.get("", status_code=200, response_class=StreamResponse, responses=_ANSWERS)
    async def stream_results(
        caller: Annotated[callers.Caller, Depends(callers.requires(callers.Scope.STREAM))],
        asked: Annotated[Asked, Query()],
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> StreamResponse:
        """Send results as they arrive; with `Last-Event-ID` all that came since that event first."""
        subscription = Subscription(
            asked.filter(),
            with_text=caller.may(callers.Scope.TEXT_READ),
            positions=_positions(last_event_id),
        )
        return StreamResponse(results.streams.frames(subscription))

    return routes


def _names(text: str | None) -> frozenset[str]:
    return frozenset(each.strip() for each in (text or "").split(",") if each.strip())


def _result_topics(text: str | None) -> frozenset[str]:
    names = _names(text)
    if not names:
        return frozenset(RESULT_TOPICS)
    try:
        found = {topic for name in names for topic in topics_named(name)}
    except ConfigError:
        found = {""}
    if not found <= set(RESULT_TOPICS):
        known = ", ".join(("routed", "alerts", *RESULT_TOPICS))
        raise ProblemError(Kind.BAD_REQUEST, f"topics: one of them has no results; choose from {known}")
    return frozenset(found)


def _positions(last_event_id: str | None) -> Positions | None:
    if not last_event_id:
        return None
    try:
        return from_text(last_event_id)
    except WrongPositionsError:
        raise ProblemError(
            Kind.BAD_REQUEST, "Last-Event-ID is no id of this stream: send the last one that came, or none"
        ) from None
