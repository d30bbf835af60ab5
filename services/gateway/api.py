"""FastAPI application of the gateway, made from its parts."""

from fastapi import FastAPI

from services.gateway.accepting.acceptor import Acceptor
from services.gateway.routes import messages


def application(acceptor: Acceptor) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="Tidemill", version="1", docs_url=None, redoc_url=None)
    app.include_router(messages.router(acceptor))
    return app
