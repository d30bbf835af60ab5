"""FastAPI application of the gateway, made from its parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from services.gateway.openapi import DESCRIPTION, DocumentedApp, operation_id
from services.gateway.problems import add_problem_handlers


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Parts of the application, listed in `app.parts`.

    A resource is a router of `routes/`, made by a function that takes its collaborators and opens no
    connection: `messages.router(acceptor)`. A gate is a pure ASGI middleware, as starlette's own base class
    costs a task a request. Errors need no part: raise ProblemError or an error of `shared.errors`.
    """

    routers: Sequence[APIRouter] = ()
    middleware: Sequence[Middleware] = ()
    """The first one sees a request first."""


def application(parts: Parts) -> FastAPI:
    """Return the application."""
    app = DocumentedApp(
        title="Tidemill",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        middleware=list(parts.middleware),
    )
    add_problem_handlers(app)
    for router in parts.routers:
        app.include_router(router)
    return app
