"""Events to test with: a plain message, and strategies for every shape of every event."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from shared.events import CustomerMessageReceived, DecisionRecord, Event, ImageReceived

E = TypeVar("E", bound=Event)
M = TypeVar("M", bound=BaseModel)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def message(number: int = 1, *, text: str = "Where is my card?") -> CustomerMessageReceived:
    """Return message `number`, each in a conversation of its own."""
    return CustomerMessageReceived(
        event_id=UUID(int=number), occurred_at=NOON, conversation_id=f"case-{number}", text=text
    )


def decision(model: str, *, trace_id: str = "1" * 32) -> DecisionRecord:
    """Return the decision record of an answer that was not cached."""
    return DecisionRecord(
        model=model,
        model_version="1",
        preprocessing_hash="0" * 64,
        cached=False,
        queue_ms=1.0,
        infer_ms=2.0,
        total_ms=3.0,
        trace_id=trace_id,
    )


_zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    AwareDatetime: st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=_zones),  # noqa: DTZ001 - it adds the zones
    float: st.floats(0.0, 1.0),
    int: st.integers(1, 10**6),
    str: st.text(min_size=1, max_size=200).filter(lambda text: not text.isspace()),
    UUID: st.uuids(),
}
"""Values that every field of a type accepts."""

_SPECIAL: Mapping[tuple[type[BaseModel], str], st.SearchStrategy[Any]] = {
    (ImageReceived, "content"): st.binary(max_size=2000).map(b64encode),
}
"""Values of fields whose validators ask for more than their type says."""


@cache
def events_of(event: type[E]) -> st.SearchStrategy[E]:
    """Return a strategy for every shape of one event."""
    return _models_of(event)


def _models_of(model: type[M]) -> st.SearchStrategy[M]:
    fields = {
        name: _SPECIAL[model, name] if (model, name) in _SPECIAL else _values_of(field.annotation)
        for name, field in model.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


def _values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a field's type: plain, enum, model, tuple, optional or annotated."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation is NoneType:
        return st.none()
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values_of(arguments[0])
    if origin is tuple:
        return st.lists(_values_of(arguments[0]), max_size=3).map(tuple)
    if origin in {Union, UnionType}:
        return st.one_of(*map(_values_of, arguments))
    return st.sampled_from(annotation) if issubclass(annotation, Enum) else _models_of(annotation)
