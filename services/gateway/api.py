"""FastAPI application of the gateway, made from its parts."""

from fastapi import FastAPI

from services.gateway.accepting.acceptor import Acceptor
from services.gateway.guard.guard import Guard
from services.gateway.guard.refused import Refused, answer_refused
from services.gateway.routes import me, messages


def application(acceptor: Acceptor) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Tidemill", version="1", docs_url=None, redoc_url=None)
    app.add_middleware(Guard)
    app.add_exception_handler(Refused, answer_refused)
    app.include_router(me.routes)
    app.include_router(messages.router(acceptor))
    return app
