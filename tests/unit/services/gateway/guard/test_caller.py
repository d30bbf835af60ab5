"""Callers: `GET /v1/me`, and scopes that routes require."""

from typing import Annotated

import httpx
from fastapi import Depends, FastAPI

from services.gateway.guard.caller import Caller, Scope, requires
from services.gateway.problems import add_problem_handlers
from services.gateway.routes import me
from tests.support.callers import CalledBy, a_caller


def an_app() -> FastAPI:
    app = FastAPI()
    add_problem_handlers(app)
    app.include_router(me.routes)

    @app.get("/read")
    async def read(by: Annotated[Caller, Depends(requires(Scope.RESULTS_OWN))]) -> str:
        return by.key_id

    return app


async def ask(path: str, by: Caller) -> httpx.Response:
    transport = httpx.ASGITransport(CalledBy(an_app(), by))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get(path)


async def test_me_tells_a_key_its_id_its_name_and_its_scopes() -> None:
    answer = await ask("/v1/me", a_caller(Scope.STREAM, Scope.ANALYZE))

    assert answer.json() == {"key_id": "k1", "name": "shop", "scopes": ["analyze", "stream"]}


async def test_a_caller_with_the_scope_is_let_in() -> None:
    answer = await ask("/read", a_caller(Scope.RESULTS_OWN))

    assert answer.json() == "k1"


async def test_the_right_to_all_results_includes_the_own_ones() -> None:
    answer = await ask("/read", a_caller(Scope.RESULTS_ALL))

    assert answer.status_code == 200


async def test_a_caller_without_the_scope_is_refused_with_its_name() -> None:
    answer = await ask("/read", a_caller(Scope.ANALYZE))

    assert answer.status_code == 403
    assert "results:own" in answer.json()["detail"]
    assert 'scope="results:own"' in answer.headers["www-authenticate"]


async def test_openapi_names_the_key_as_a_bearer_token() -> None:
    document = an_app().openapi()

    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["paths"]["/read"]["get"]["security"] == [{"key": []}]
