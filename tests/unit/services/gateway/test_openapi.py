"""OpenAPI document of the gateway: each operation is named, described, and tells how it can fail."""

from typing import Any
from uuid import UUID

import pytest

from services.gateway.accepting.bodies import Article, Message
from services.gateway.problems import MEDIA_TYPE, Kind
from tests.architecture.openapi import document
from tests.support.events import NOON

Json = dict[str, Any]

OPERATIONS: list[tuple[str, Json]] = [
    (f"{method} {path}", operation)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]
EACH = pytest.mark.parametrize(
    "operation", [operation for _, operation in OPERATIONS], ids=[name for name, _ in OPERATIONS]
)


@EACH
def test_an_operation_has_a_summary_a_tag_and_an_id(operation: Json) -> None:
    assert operation["summary"]
    assert operation["tags"]
    assert operation["operationId"].isidentifier()


def test_no_two_operations_have_the_same_id() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]

    assert sorted(set(ids)) == sorted(ids)


@EACH
def test_an_operation_declares_that_it_can_fail_as_any_other(operation: Json) -> None:
    assert {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()


@EACH
def test_every_error_is_a_problem(operation: Json) -> None:
    errors = {status: each for status, each in operation["responses"].items() if status >= "400"}

    assert errors == {status: {"$ref": f"#/components/responses/Problem{status}"} for status in errors}


def test_a_problem_has_the_media_type_of_problems_and_an_example_of_each_kind() -> None:
    responses = document()["components"]["responses"]

    for kind in Kind:
        if kind is not Kind.METHOD_NOT_ALLOWED:  # the answer to a method that is no operation
            (media_type,) = responses[f"Problem{kind.status}"]["content"]
            content = responses[f"Problem{kind.status}"]["content"][media_type]
            assert media_type == MEDIA_TYPE
            assert content["examples"][kind.slug]["value"]["type"] == f"/problems/{kind.slug}"


def test_whoever_must_wait_is_told_how_long() -> None:
    responses = document()["components"]["responses"]

    assert "Retry-After" in responses["Problem503"]["headers"]
    assert "Retry-After" in responses["Problem429"]["headers"]


@pytest.mark.parametrize(("name", "body"), [("Message", Message), ("Article", Article)])
def test_a_body_has_an_example_that_is_accepted(name: str, body: type[Message | Article]) -> None:
    (example,) = document()["components"]["schemas"][name]["examples"]

    event = body.model_validate(example).event(UUID(int=1), NOON)

    assert event.event_id == UUID(int=1)
