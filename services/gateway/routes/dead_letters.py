"""`/v1/dead-letters`: records that could not be handled."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.openapi import problems
from services.gateway.problems import Kind, ProblemError
from services.gateway.redrive.bodies import (
    LetterFilter,
    LetterPage,
    Replayed,
    ReplayRequest,
    WholeLetter,
    page_of,
)
from services.gateway.redrive.cursor import as_cursor, from_cursor
from services.gateway.redrive.redriver import Redriver
from shared.bus.record import Partition, Place
from shared.errors import ConfigError
from shared.letters.offsets import MarksFullError
from shared.letters.reading import Order

PAGE_MAX = 200

Reader = Annotated[Caller, Depends(requires(Scope.DEAD_READ))]
Replayer = Annotated[Caller, Depends(requires(Scope.DEAD_REPLAY))]


class ListQuery(LetterFilter):
    """Filter, order and page of a list of dead letters."""

    order: Order = Order.LAST
    """`last` begins with the latest letter, `first` with the earliest."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    after: Annotated[str, Field(max_length=400)] | None = None
    """`next` of the page before."""


def router(redriver: Redriver) -> APIRouter:
    """Return the routes of dead letters."""
    routes = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])
    _add_reading(routes, redriver)

    @routes.post("/replay", responses=problems(Kind.MARKS_FULL))
    async def replay_letters(request: ReplayRequest, caller: Replayer) -> Replayed:
        """Send the records of dead letters to their topics again, or say what would be sent.

        Sent means acknowledged by Kafka. A letter is sent once, whoever asks, unless `again` is true.
        """
        try:
            return await redriver.replay(request, caller)
        except ConfigError as error:
            raise ProblemError(Kind.INVALID, str(error)) from None
        except MarksFullError as error:
            raise ProblemError(Kind.MARKS_FULL, str(error)) from None

    return routes


def _add_reading(routes: APIRouter, redriver: Redriver) -> None:
    @routes.get("")
    async def list_letters(query: Annotated[ListQuery, Query()], caller: Reader) -> LetterPage:
        """List dead letters by time, with reason and cure, and without what their senders wrote."""
        del caller
        behind = None if query.after is None else from_cursor(query.after)
        try:
            found, last = await redriver.page(query.wanted(), query.limit, order=query.order, behind=behind)
        except ConfigError as error:
            raise ProblemError(Kind.INVALID, str(error)) from None
        return page_of(found, None if last is None else as_cursor(last))

    @routes.get("/{topic}/{partition}/{offset}")
    async def read_letter(
        topic: Annotated[str, Path(max_length=249)],
        partition: Annotated[int, Path(ge=0, lt=2**31)],
        offset: Annotated[int, Path(ge=0, lt=2**53)],
        caller: Reader,
    ) -> WholeLetter:
        """Read one dead letter; key and value only with the scope `text:read`."""
        letter = await redriver.letter(Place(Partition(topic, partition), offset))
        if letter is None:
            raise ProblemError(
                Kind.NOT_FOUND,
                "no dead letter is at this place; GET /v1/dead-letters lists those there are",
            )
        return WholeLetter.whole(letter, with_text=caller.may(Scope.TEXT_READ))
