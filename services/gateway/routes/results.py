"""`/v1/results`: results of accepted events."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status

from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.problems import Kind, Problem, ProblemError
from services.gateway.results.answers import Answer, Status
from services.gateway.results.bodies import ResultsBody, body_of
from services.gateway.results.links import ForgedLinkError, Links, Receipt
from services.gateway.results.replying import RETRY_AFTER_S
from services.gateway.results.results import Results
from services.gateway.results.search import GoneError

_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"model": ResultsBody, "description": "Results are yet to come; ask again after `Retry-After`."},
    403: {"model": Problem, "description": "The link is forged, or another key sent the event."},
    404: {"model": Problem, "description": "No event of this id is known."},
    410: {"model": Problem, "description": "The event, or its result, was deleted."},
}


def router(results: Results) -> APIRouter:
    """Return the routes of results."""
    routes = APIRouter(prefix="/v1/results", tags=["results"])

    @routes.get("/{event_id}", responses=_ANSWERS)
    async def read_results(
        event_id: UUID,
        caller: Annotated[Caller, Depends(requires(Scope.RESULTS_OWN))],
        response: Response,
        at: Annotated[str | None, Query(max_length=1000)] = None,
    ) -> ResultsBody:
        """Return the results of an accepted event, asked for by the link of its acceptance or by its id."""
        if at is None:
            receipt = await _known(results, event_id, caller)
        else:
            receipt = _signed(results.links, event_id, at, caller)
        if receipt is None:
            answer = results.recent.get(event_id) if caller.may(Scope.RESULTS_ALL) else None
            if answer is None:
                raise ProblemError(
                    Kind.NOT_FOUND, "no event of this id is known: use the link of its acceptance"
                )
        else:
            answer = await _found(results, receipt)
        if answer.status is Status.PENDING:
            response.status_code = status.HTTP_202_ACCEPTED
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
        is_own = receipt is not None and receipt.key_id == caller.key_id
        link = results.links.link(receipt) if receipt else None
        return body_of(event_id, answer, link=link, with_text=is_own or caller.may(Scope.TEXT_READ))

    return routes


def _signed(links: Links, event_id: UUID, token: str, caller: Caller) -> Receipt:
    """Return the receipt in a link. Raises ProblemError where it is forged, or another key's."""
    try:
        receipt = links.read(event_id, token)
    except ForgedLinkError:
        detail = "use the link as the gateway sent it; links end when the secret of the gateway changes"
        raise ProblemError(Kind.FORGED_LINK, detail) from None
    if not _may_read(receipt, caller):
        raise ProblemError(Kind.FORGED_LINK, "use the key that sent the event, or one with results:all")
    return receipt


async def _known(results: Results, event_id: UUID, caller: Caller) -> Receipt | None:
    """Return the receipt of an event by its id; None where there is none that the caller may see."""
    receipt = results.receipts.get(event_id) or (await results.store.get(event_id)).receipt
    return receipt if receipt is not None and _may_read(receipt, caller) else None


def _may_read(receipt: Receipt, caller: Caller) -> bool:
    return receipt.key_id == caller.key_id or caller.may(Scope.RESULTS_ALL)


async def _found(results: Results, receipt: Receipt) -> Answer:
    try:
        return await results.finder.find(receipt)
    except GoneError as error:
        raise ProblemError(
            Kind.GONE, f"{error} was deleted: send the event again if it still matters"
        ) from None
