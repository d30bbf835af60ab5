"""The rules of compatibility, on schemas small enough to see through."""

from typing import Any

import pytest

from tests.contract.compatibility import incompatibilities

TEXT = {"type": "string"}


def event(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an event."""
    return {"type": "object", "properties": properties, "required": list(required)}


OLD = event("text", text=TEXT, note=TEXT)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(event("text", text=TEXT, note=TEXT, extra=TEXT), id="an optional field more"),
        pytest.param(event("text", text={**TEXT, "description": "Words."}, note=TEXT), id="other prose"),
        pytest.param(event("text", text=TEXT, note=TEXT, title=TEXT), id="a field named like prose"),
    ],
)
def test_readers_survive(new: dict[str, Any]) -> None:
    assert incompatibilities(OLD, new) == []


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        (event("text", text=TEXT), "event.note was removed"),
        (event("text", "extra", text=TEXT, note=TEXT, extra=TEXT), "event.extra is required now"),
        (event("text", "note", text=TEXT, note=TEXT), "event.note is required now"),
        (event(text=TEXT, note=TEXT), "event.text is optional now"),
        (event("text", text={"type": "integer"}, note=TEXT), "event.text changed its type"),
        (event("text", text={**TEXT, "maxLength": 9}, note=TEXT), "event.text changed its maxLength"),
        (event("text", text=TEXT, note={**TEXT, "default": "x"}), "event.note changed its default"),
    ],
)
def test_a_breaking_change_is_named(new: dict[str, Any], complaint: str) -> None:
    found = incompatibilities(OLD, new)

    assert len(found) == 1
    assert found[0].startswith(complaint)


def test_a_change_inside_a_referenced_model_is_found() -> None:
    def holding(*labels: str) -> dict[str, Any]:
        inner = event(*labels, label=TEXT)
        return event(answer={"anyOf": [{"$ref": "#/$defs/Answer"}, {"type": "null"}]}) | {
            "$defs": {"Answer": inner}
        }

    assert incompatibilities(holding(), holding("label")) == [
        "event.answer.label is required now: old writers leave it out"
    ]


def test_a_change_inside_a_list_is_found() -> None:
    def listing(item: dict[str, Any]) -> dict[str, Any]:
        return event(evidence={"type": "array", "items": item})

    assert incompatibilities(listing(event(label=TEXT)), listing(event())) == [
        "event.evidence[].label was removed"
    ]
