"""FastAPI application of the gateway, made from its routers."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from services.gateway.openapi import DESCRIPTION, DocumentedApp, operation_id
from services.gateway.problems import add_problem_handlers


def application(routers: Sequence[APIRouter]) -> FastAPI:
    """Return the application with these resources; the guard stands in front of it.

    A resource is a router of `routes/`, made by a function that takes its collaborators and opens no
    connection: `messages.router(receiving)`. Errors need no part: raise ProblemError or an error of
    `shared.errors`.
    """
    app = DocumentedApp(
        title="Tidemill",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    add_problem_handlers(app)
    for router in routers:
        app.include_router(router)
    return app
