"""OpenAPI document of the gateway: that of FastAPI, with every problem declared as one.

A route declares its own answers, and the problems that only it has: `responses=problems(Kind.GONE)`. The
problems that any route of its form can have are added here.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.gateway.problems import MEDIA_TYPE, Kind, Problem

Json = dict[str, Any]

DESCRIPTION = """Send messages, stories and images, and read what was decided; ask the models directly;
correct results; read and replay dead letters.

Accepted means acknowledged by Kafka. Every error is a problem detail (RFC 9457) with the fault and its cure;
docs/problems.md has each type. Fields, and values of enumerations, may be added to answers: pass over those
that you don't know. docs/asyncapi.json describes the events behind it, on Kafka."""

_OF_ALL = (400, 401, 403, 414, 421, 429, 431, 500, 503)
"""Statuses of problems that any request can have, be it of the guard or as Kafka is away."""

_OF_INPUT = (422,)
_OF_BODIES = (408, 413, 415)
_WITH_RETRY_AFTER = (429, 503)


class DocumentedApp(FastAPI):
    """FastAPI application whose document declares each problem."""

    def openapi(self) -> Json:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = documented(super().openapi())
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """Return the name of the function: `send_message`, which reads well in generated clients."""
    return route.name


def problems(*kinds: Kind) -> dict[int | str, Json]:
    """Return the `responses` of a route that can end in these problems."""
    return {kind.status: {"description": kind.title} for kind in kinds}


def documented(schema: Json) -> Json:
    """Return FastAPI's document with problems in place of its own errors, and summaries from docstrings."""
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _summarise(operation)
            _declare_problems(operation, path)
    components = schema["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    components["responses"] = {f"Problem{status}": _response(status) for status in sorted(_STATUSES)}
    return schema


_STATUSES = {*_OF_ALL, *_OF_INPUT, *_OF_BODIES, 404, *(kind.status for kind in Kind)} - {405}


def _summarise(operation: Json) -> None:
    """Make the first sentence of the docstring the summary; FastAPI's is the name of the function."""
    if description := operation.pop("description", ""):
        summary, _, rest = description.partition("\n\n")
        operation["summary"] = " ".join(summary.split()).rstrip(".")
        if rest:
            operation["description"] = rest


def _declare_problems(operation: Json, path: str) -> None:
    responses: Json = operation["responses"]
    responses.pop("422", None)  # FastAPI's own shape of errors, which the gateway doesn't answer with
    for status, answer in responses.items():
        if answer["description"] == "Successful Response":  # FastAPI's words for any
            answer["description"] = f"{HTTPStatus(int(status)).phrase}."
    declared = {status for status in responses if status >= "400"}
    for status in declared.union(map(str, _possible(operation, path))):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = dict(sorted(responses.items()))


def _possible(operation: Mapping[str, Any], path: str) -> Iterator[int]:
    yield from _OF_ALL
    if "{" in path:
        yield 404
    if "requestBody" in operation:
        yield from _OF_BODIES
    if "requestBody" in operation or "parameters" in operation:
        yield from _OF_INPUT


def _response(status: int) -> Json:
    kinds = [kind for kind in Kind if kind.status == status]
    content: Json = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if kinds:
        content["examples"] = {kind.slug: {"value": _example(kind)} for kind in kinds}
    response: Json = {"description": _titles(kinds) or "Refused.", "content": {MEDIA_TYPE: content}}
    if status in _WITH_RETRY_AFTER:
        seconds = {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."}
        response["headers"] = {"Retry-After": seconds}
    return response


def _titles(kinds: Sequence[Kind]) -> str:
    return " ".join(f"{kind.title}." for kind in kinds)


def _example(kind: Kind) -> Json:
    return {"type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": "..."}
