"""`/v1/messages`: customer messages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway.accepting.bodies import Message
from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.routes.event_route import EventRoute
from services.gateway.routes.receiving import BATCH, MANY, ONE, Receiving

Writer = Annotated[Caller, Depends(requires(Scope.MESSAGES_WRITE))]


def router(receiving: Receiving) -> APIRouter:
    """Return the routes of messages."""
    routes = APIRouter(prefix="/v1/messages", tags=["messages"], route_class=EventRoute)

    @routes.post(**ONE)
    async def receive_message(request: Request, by: Writer, message: Message) -> Response:
        """Accept a customer's message: Kafka has it when the answer is 202."""
        return await receiving.one(request, by, message)

    @routes.post(**BATCH)
    async def receive_messages(
        request: Request, by: Writer, messages: Annotated[list[Message], MANY]
    ) -> Response:
        """Accept up to 64 messages: Kafka has all of them when the answer is 202.

        A wrong one stops all.
        """
        return await receiving.many(request, by, messages)

    return routes
