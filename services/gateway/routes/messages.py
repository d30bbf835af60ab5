"""`/v1/messages`: customer messages."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from services.gateway.accepting.acceptor import Acceptor
from shared.events import Channel, CustomerMessageReceived
from shared.events.headers import new_trace
from shared.events.text import Text


class Message(BaseModel):
    """A customer's message, as it is sent."""

    conversation_id: Annotated[str, Field(min_length=1, max_length=200)]
    customer_id: str | None = None
    channel: Channel = Channel.CHAT
    text: Text


class Accepted(BaseModel):
    """Receipt of an accepted event."""

    event_id: UUID


def router(acceptor: Acceptor) -> APIRouter:
    """Return the routes of messages."""
    routes = APIRouter(prefix="/v1/messages", tags=["messages"])

    @routes.post("", status_code=status.HTTP_202_ACCEPTED)
    async def receive(message: Message) -> Accepted:
        """Accept a customer's message: Kafka has it when the answer is 202."""
        event = CustomerMessageReceived(
            event_id=uuid4(), occurred_at=datetime.now(UTC), **message.model_dump()
        )
        await acceptor.accept(event, new_trace())
        return Accepted(event_id=event.event_id)

    return routes
