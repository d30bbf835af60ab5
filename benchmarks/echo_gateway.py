"""A bare FastAPI application that validates a message and answers 202: the least that a gateway costs."""

import asyncio
from uuid import UUID, uuid4

from fastapi import FastAPI, status
from pydantic import BaseModel

from services.gateway.accepting.bodies import Message
from services.gateway.settings import Settings
from shared.process.run import main
from shared.process.web import serve_web


class Receipt(BaseModel):
    """Answer to a message."""

    event_id: UUID


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve on the gateway's port, with the web server of the gateway, until `stop` is set."""
    app = FastAPI()

    @app.post("/v1/messages", status_code=status.HTTP_202_ACCEPTED)
    async def receive(message: Message) -> Receipt:
        del message
        return Receipt(event_id=uuid4())

    await serve_web(app, settings.gateway, stop)


if __name__ == "__main__":
    main("echo", Settings, serve)
