"""Replies to accepted events: the results in the same call for callers who wait, else a link to them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.guard.caller import Caller
from services.gateway.results.answers import Answer, Status
from services.gateway.results.bodies import ResultsBody, body_of
from services.gateway.results.links import Links, Receipt
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.prefer import wait_s
from services.gateway.results.receipts import Receipts
from services.gateway.results.recent import RecentAnswers
from shared.bus.record import Place

RETRY_AFTER_S = 1
"""Seconds until a caller should ask for a pending result again."""

_BODIES = TypeAdapter(list[ResultsBody])


class Replies:
    """Makes the reply to an event that was accepted: 202 with a link, or 200 with the results."""

    def __init__(
        self, recent: RecentAnswers, receipts: Receipts, links: Links, metrics: ResultMetrics
    ) -> None:
        self._recent = recent
        self._receipts = receipts
        self._links = links
        self._metrics = metrics

    async def reply(
        self, request: Request, caller: Caller, event_id: UUID, publish: Callable[[], Awaitable[Place]]
    ) -> Response:
        """Publish the event, and return 200 with its results or 202 with the link to them.

        `publish` returns the place of the record once Kafka has acknowledged it; what it raises is passed
        on. The header `Prefer: wait=N` of the request makes the call wait up to N seconds for the results. A
        caller who leaves ends the wait.
        """
        seconds = wait_s(request.headers.getlist("prefer"))
        if not seconds:
            receipt = Receipt(event_id, await publish(), caller.key_id)
            await self._receipts.note(receipt)
            return self._response(receipt, Answer(), waited_s=0)
        # Before the record is written: its result may be there sooner than the acknowledgement.
        with self._recent.expected(event_id) as complete:
            receipt = Receipt(event_id, await publish(), caller.key_id)
            await self._receipts.note(receipt)
            with self._metrics.waiting_calls.track_inprogress():
                await _done_or_gone(complete, request, within_s=seconds)
            answer = complete.result() if complete.done() and not complete.cancelled() else Answer()
        return self._response(receipt, answer, waited_s=seconds)

    async def reply_to_all(
        self, caller: Caller, event_ids: Sequence[UUID], publish: Callable[[], Awaitable[Sequence[Place]]]
    ) -> Response:
        """Publish several events, and return 202 with the link of each, in order.

        `publish` returns the places of the records once Kafka has acknowledged all of them.
        """
        places = await publish()
        bodies = []
        for event_id, place in zip(event_ids, places, strict=True):
            receipt = Receipt(event_id, place, caller.key_id)
            await self._receipts.note(receipt)
            link = self._links.link(receipt)
            bodies.append(body_of(event_id, Answer(), link=link, with_text=True))
        return Response(_BODIES.dump_json(bodies), 202, media_type="application/json")

    def _response(self, receipt: Receipt, answer: Answer, *, waited_s: int) -> Response:
        link = self._links.link(receipt)
        headers = {"Location": link}
        if waited_s:
            headers["Preference-Applied"] = f"wait={waited_s}"
        if answer.status is Status.PENDING:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        # The text in it is the caller's own.
        body = body_of(receipt.event_id, answer, link=link, with_text=True)
        return Response(
            body.model_dump_json(),
            202 if answer.status is Status.PENDING else 200,
            headers,
            media_type="application/json",
        )


async def _done_or_gone(complete: asyncio.Future[Answer], request: Request, *, within_s: float) -> None:
    """Return when the answer is complete, when the time is over, or when the caller has left."""
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((complete, leaving), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()


async def _left(request: Request) -> None:
    """Return when the caller has closed the connection; the body has been read by then."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
