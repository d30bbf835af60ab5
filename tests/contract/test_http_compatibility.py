"""HTTP: the routes of today serve the clients of the last release, and each kind of break is found."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.architecture.openapi import document
from tests.contract.http_compatibility import breaking_changes
from tests.contract.http_release import RELEASED, released

Json = dict[str, Any]
Change = Callable[[Json], object]

PATH = "/v1/things/{id}"


def api() -> Json:
    """Return a small document that has one of everything."""
    thing = {
        "type": "object",
        "required": ["id", "size"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "size": {"type": "integer"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    wish = {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"type": "string", "enum": ["cup", "jar"]},
            "text": {"type": "string", "maxLength": 200},
            "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            "tags": {"type": "array", "maxItems": 5, "items": {"type": "string"}},
        },
    }
    operation = {
        "operationId": "change_thing",
        "parameters": [
            {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}},
            {"in": "query", "name": "order", "schema": {"type": "string", "enum": ["up", "down"]}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}},
        "responses": {
            "200": {
                "headers": {"Location": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            },
            "404": {"description": "There is none."},
        },
    }
    return {"paths": {PATH: {"put": operation}}, "components": {"schemas": {"Thing": thing, "Wish": wish}}}


def operation(api: Json) -> Json:
    """Return the one operation."""
    found: Json = api["paths"][PATH]["put"]
    return found


def thing(api: Json) -> Json:
    """Return the schema of the answer."""
    found: Json = api["components"]["schemas"]["Thing"]
    return found


def wish(api: Json) -> Json:
    """Return the schema of the body."""
    found: Json = api["components"]["schemas"]["Wish"]
    return found


BREAKS: dict[str, tuple[Change, str]] = {
    "a path is removed": (lambda api: api["paths"].clear(), "was removed"),
    "an operation is removed": (lambda api: api["paths"][PATH].clear(), "was removed"),
    "an operation has another id": (lambda api: operation(api).update(operationId="put"), "operationId"),
    "a key is needed": (lambda api: operation(api).update(security=[{"key": []}]), "needs a key"),
    "a status is removed": (lambda api: operation(api)["responses"].pop("404"), "status 404"),
    "a header is removed": (lambda api: operation(api)["responses"]["200"]["headers"].clear(), "Location"),
    "an answer has another media type": (
        lambda api: operation(api)["responses"]["200"].update(content={"text/plain": {}}),
        "application/json",
    ),
    "a field of an answer is removed": (lambda api: thing(api)["properties"].pop("note"), "note was removed"),
    "a field of an answer may be missing": (lambda api: thing(api)["required"].remove("size"), "size may be"),
    "a field of an answer has another type": (
        lambda api: thing(api)["properties"].update(size={"type": "string"}),
        "size changed its type",
    ),
    "a field of an answer has another format": (
        lambda api: thing(api)["properties"].update(id={"type": "string"}),
        "id changed its format",
    ),
    "a field of an answer may be null": (
        lambda api: thing(api)["properties"].update(size={"type": ["integer", "null"]}),
        "size changed its type",
    ),
    "a parameter is removed": (lambda api: operation(api)["parameters"].pop(), "order was removed"),
    "a parameter is required": (
        lambda api: operation(api)["parameters"][1].update(required=True),
        "order is required",
    ),
    "a new parameter is required": (
        lambda api: operation(api)["parameters"].append(
            {"in": "header", "name": "Who", "required": True, "schema": {"type": "string"}}
        ),
        "Who is required",
    ),
    "a parameter takes fewer values": (
        lambda api: operation(api)["parameters"][1]["schema"]["enum"].remove("down"),
        "down",
    ),
    "the body is required": (lambda api: operation(api)["requestBody"].update(required=True), "body is req"),
    "the body has another media type": (
        lambda api: operation(api)["requestBody"].update(content={"text/plain": {}}),
        "application/json",
    ),
    "a field of the body is required": (lambda api: wish(api)["required"].append("text"), "text is required"),
    "a field of the body is removed": (lambda api: wish(api)["properties"].pop("text"), "text was removed"),
    "an enumeration of the body has fewer values": (
        lambda api: wish(api)["properties"]["kind"]["enum"].remove("jar"),
        "jar",
    ),
    "a free text of the body is an enumeration": (
        lambda api: wish(api)["properties"]["text"].update(enum=["a"]),
        "any other value",
    ),
    "a limit of the body sinks": (
        lambda api: wish(api)["properties"]["text"].update(maxLength=100),
        "lower maxLength: 200 -> 100",
    ),
    "a limit of the body appears": (
        lambda api: wish(api)["properties"]["text"].update(minLength=1),
        "higher minLength: None -> 1",
    ),
    "a limit within an alternative rises": (
        lambda api: wish(api)["properties"]["count"]["anyOf"][0].update(minimum=2),
        "higher minimum: 1 -> 2",
    ),
    "a field of the body can't be null": (
        lambda api: wish(api)["properties"]["count"]["anyOf"].pop(),
        "count changed its type",
    ),
    "an item of the body has a pattern": (
        lambda api: wish(api)["properties"]["tags"]["items"].update(pattern="a"),
        "another pattern",
    ),
    "unknown fields are refused": (
        lambda api: wish(api).update(additionalProperties=False),
        "refuses unknown",
    ),
}

HARMLESS: dict[str, Change] = {
    "a path is added": lambda api: api["paths"].update({"/v1/more": {}}),
    "an operation is described": lambda api: operation(api).update(summary="Changes a thing"),
    "a status is added": lambda api: operation(api)["responses"].update({"410": {"description": "Gone."}}),
    "a field of an answer is added": lambda api: thing(api)["properties"].update(colour={"type": "string"}),
    "a field of an answer is always there": lambda api: thing(api)["required"].append("note"),
    "a field of an answer is never null": lambda api: thing(api)["properties"].update(
        note={"type": "string"}
    ),
    "an optional parameter is added": lambda api: operation(api)["parameters"].append(
        {"in": "query", "name": "more", "schema": {"type": "string"}}
    ),
    "an optional field of the body is added": lambda api: wish(api)["properties"].update(
        colour={"type": "string", "maxLength": 3}
    ),
    "a required field of the body is optional": lambda api: wish(api)["required"].remove("kind"),
    "an enumeration of the body has more values": lambda api: wish(api)["properties"]["kind"]["enum"].append(
        "box"
    ),
    "a limit of the body rises": lambda api: wish(api)["properties"]["text"].update(maxLength=300),
    "a number of the body need not be whole": lambda api: wish(api)["properties"]["count"]["anyOf"][0].update(
        type="number"
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_change_that_breaks_a_client_is_found(name: str) -> None:
    change, expected = BREAKS[name]
    changed = copy.deepcopy(api())
    change(changed)

    found = breaking_changes(api(), changed)

    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_breaks_nobody_is_none(name: str) -> None:
    changed = copy.deepcopy(api())
    HARMLESS[name](changed)

    assert breaking_changes(api(), changed) == []


def test_the_gateway_of_today_serves_the_clients_of_the_last_release() -> None:
    assert breaking_changes(released(), document()) == [], f"{RELEASED.name} promises this to clients"
