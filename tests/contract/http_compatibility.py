"""Rules by which one version of the OpenAPI document can follow another: no client of the old one breaks."""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any

Json = Mapping[str, Any]

_LOWER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
"""Limits that a request feels when they sink, or appear."""

_HIGHER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
"""Limits that a request feels when they rise, or appear."""


class Way(Enum):
    """Direction of a value: a request must still be taken, an answer still be understood."""

    REQUEST = auto()
    ANSWER = auto()


def breaking_changes(old: Json, new: Json) -> list[str]:
    """Return why a client of `old` would break at `new`; empty when none does."""
    return sorted(_paths(resolved(old["paths"], old), resolved(new["paths"], new)))


def resolved(node: Any, root: Json) -> Any:
    """Return `node` with its references replaced by what they name."""
    if isinstance(node, list):
        return [resolved(item, root) for item in node]
    if not isinstance(node, Mapping):
        return node
    if isinstance(node.get("$ref"), str):
        named: Any = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            named = named[part]
        return resolved(named, root)
    return {key: resolved(value, root) for key, value in node.items()}


def _paths(old: Json, new: Json) -> Iterator[str]:
    for path, operations in old.items():
        for method, operation in operations.items():
            where = f"{method.upper()} {path}"
            if method in new.get(path, {}):
                yield from _operation(operation, new[path][method], where)
            else:
                yield f"{where} was removed"


def _operation(old: Json, new: Json, where: str) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"{where} has another operationId: generated clients call it {old['operationId']}"
    if new.get("security") and not old.get("security"):
        yield f"{where} needs a key now"
    yield from _parameters(old.get("parameters", ()), new.get("parameters", ()), where)
    yield from _body(old.get("requestBody"), new.get("requestBody"), where)
    for status, answer in old["responses"].items():
        if status in new["responses"]:
            yield from _answer(answer, new["responses"][status], f"{where}, {status}")
        else:
            yield f"{where}: the status {status} was removed"


def _parameters(old: Any, new: Any, where: str) -> Iterator[str]:
    before = {(each["in"], each["name"]): each for each in old}
    after = {(each["in"], each["name"]): each for each in new}
    for kind, name in before.keys() - after.keys():
        yield f"{where}: the {kind} parameter {name} was removed"
    for (kind, name), each in after.items():
        known = before.get((kind, name))
        if each.get("required") and not (known and known.get("required")):
            yield f"{where}: the {kind} parameter {name} is required now"
        if known:
            yield from _values(known["schema"], each["schema"], f"{where}: {name}", Way.REQUEST)


def _body(old: Json | None, new: Json | None, where: str) -> Iterator[str]:
    if new and new.get("required") and not (old and old.get("required")):
        yield f"{where}: a body is required now"
    for media_type, content in (old or {}).get("content", {}).items():
        taken = (new or {}).get("content", {}).get(media_type)
        if taken is None:
            yield f"{where}: a body of {media_type} is not taken any more"
        else:
            yield from _values(
                content.get("schema", {}), taken.get("schema", {}), f"{where}: body", Way.REQUEST
            )


def _answer(old: Json, new: Json, where: str) -> Iterator[str]:
    for name in old.get("headers", {}).keys() - new.get("headers", {}).keys():
        yield f"{where}: the header {name} was removed"
    for media_type, content in old.get("content", {}).items():
        given = new.get("content", {}).get(media_type)
        if given is None:
            yield f"{where}: no answer of {media_type} any more"
        else:
            yield from _values(content.get("schema", {}), given.get("schema", {}), where, Way.ANSWER)


def _values(old: Json, new: Json, where: str, way: Way) -> Iterator[str]:
    """Yield why values of the one schema don't fit the other: old ones in requests, new ones in answers."""
    before, after = _variants(old), _variants(new)
    if len(before) == len(after) == 1:
        yield from _plain(before[0], after[0], where, way)
        return
    pairs = [[(was, now) for now in after] for was in before]
    if way is Way.ANSWER:
        pairs = [[(was, now) for was in before] for now in after]
    for choices in pairs:
        faults = [list(_plain(was, now, where, way)) for was, now in choices]
        if all(faults):
            yield from min(faults, key=len)


def _variants(schema: Json) -> list[Json]:
    """Return the alternatives of a schema."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return [each for variant in schema[keyword] for each in _variants(variant)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    return [schema]


def _plain(old: Json, new: Json, where: str, way: Way) -> Iterator[str]:
    before, after = old.get("type"), new.get("type")
    wider = ("integer", "number") if way is Way.REQUEST else ("number", "integer")
    if before != after and (before, after) != wider:
        yield f"{where} changed its type: {before} -> {after}"
        return
    if old.get("format") != new.get("format"):
        yield f"{where} changed its format: {old.get('format')} -> {new.get('format')}"
    yield from _fields(old, new, where, way)
    if "items" in old and "items" in new:
        yield from _values(old["items"], new["items"], f"{where}[]", way)
    if way is Way.REQUEST:
        yield from _narrowed(old, new, where)


def _fields(old: Json, new: Json, where: str, way: Way) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed = set(new.get("required", ())) - set(old.get("required", ()))
    spared = set(old.get("required", ())) - set(new.get("required", ()))
    for name in before.keys() - after.keys():
        yield f"{where}.{name} was removed"
    for name in before.keys() & after.keys():
        yield from _values(before[name], after[name], f"{where}.{name}", way)
    if way is Way.REQUEST:
        yield from (f"{where}.{name} is required now" for name in needed)
    else:
        yield from (f"{where}.{name} may be missing now" for name in spared & after.keys())


def _narrowed(old: Json, new: Json, where: str) -> Iterator[str]:
    if allowed := _choices(new):
        for value in _choices(old) or ["any other value"]:
            if value not in allowed:
                yield f"{where} does not take {value} any more"
    for limit in _LOWER:
        if limit in new and (limit not in old or new[limit] < old[limit]):
            yield f"{where} has a lower {limit}: {old.get(limit)} -> {new[limit]}"
    for limit in _HIGHER:
        if limit in new and (limit not in old or new[limit] > old[limit]):
            yield f"{where} has a higher {limit}: {old.get(limit)} -> {new[limit]}"
    if new.get("pattern") not in {None, old.get("pattern")}:
        yield f"{where} has another pattern: {new['pattern']}"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{where} refuses unknown fields now"


def _choices(schema: Json) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))
