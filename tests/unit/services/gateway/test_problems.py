"""Problems: which answer each error becomes."""

from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Query
from structlog.testing import capture_logs

from services.gateway.api import application
from services.gateway.problems import MEDIA_TYPE, Kind, ProblemError
from shared.bus.port import ClientBrokenError, RecordTooLargeError
from shared.errors import RejectedError, RetryableError
from shared.reasons import Reason

PAGE = Path("docs/problems.md")


def failing(error: Exception) -> APIRouter:
    router = APIRouter()

    @router.get("/fails")
    async def fails(count: Annotated[int, Query(ge=1)] = 1) -> int:
        if count == 1:
            raise error
        return count

    @router.post("/body")
    async def body(text: dict[str, int]) -> int:
        return len(text)

    return router


async def ask(
    error: Exception, *, method: str = "GET", path: str = "/fails", body: bytes | None = None
) -> httpx.Response:
    app = application((failing(error),))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"content-type": "application/json"} if body is not None else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.request(method, path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (ProblemError(Kind.NOT_FOUND, "no such event"), 404, "not-found"),
        (RejectedError(Reason.EMPTY_TEXT, "text: there is no text"), 422, "rejected"),
        (RetryableError("no broker at 10.0.0.7"), 503, "unavailable"),
        (ClientBrokenError("fenced"), 503, "unavailable"),
        (RecordTooLargeError("2,000,000 bytes"), 413, "too-large"),
        (ValueError("secret words"), 500, "internal"),
    ],
)
async def test_each_error_becomes_its_problem(error: Exception, status: int, slug: str) -> None:
    answer = await ask(error)

    assert answer.status_code == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["status"] == status
    assert answer.json()["title"]
    assert answer.json()["detail"]


async def test_a_rejection_names_the_reason_code_of_dead_letters() -> None:
    answer = await ask(RejectedError(Reason.IMAGE_SHAPE, "9 x 9000 pixels"))

    assert answer.json()["reason"] == "image_shape"


async def test_a_part_that_is_away_says_when_to_come_again_and_not_where_it_is() -> None:
    with capture_logs() as logs:
        answer = await ask(RetryableError("no broker at 10.0.0.7"))

    assert int(answer.headers["retry-after"]) > 0
    assert "10.0.0.7" not in answer.text
    assert [(each["event"], each["error"]) for each in logs] == [
        ("request_not_served", "no broker at 10.0.0.7")
    ]


async def test_a_bug_tells_the_caller_nothing() -> None:
    answer = await ask(ValueError("secret words"))

    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [("GET", "/nothing", 404, "not-found"), ("DELETE", "/fails", 405, "method-not-allowed")],
)
async def test_addresses_and_methods_that_are_not_there_are_problems(
    method: str, path: str, status: int, slug: str
) -> None:
    answer = await ask(ValueError(), method=method, path=path)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer.headers["content-type"] == MEDIA_TYPE


async def test_a_wrong_parameter_is_named() -> None:
    answer = await ask(ValueError(), path="/fails?count=0")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "detail": "Input should be greater than or equal to 1",
            "reason": "wrong_shape",
            "parameter": "count",
        }
    ]


async def test_a_wrong_value_of_a_body_is_named_by_its_pointer() -> None:
    answer = await ask(ValueError(), method="POST", path="/body", body=b'{"a/b~c": "no number"}')

    assert answer.json()["errors"][0]["pointer"] == "#/a~1b~0c"


async def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    answer = await ask(ValueError(), method="POST", path="/body", body=b"{")

    assert (answer.status_code, answer.json()["reason"]) == (400, "not_json")


def test_every_kind_has_its_section_in_the_docs() -> None:
    sections = {line.removeprefix("## ") for line in PAGE.read_text().splitlines() if line.startswith("## ")}

    assert {kind.slug for kind in Kind} <= sections
