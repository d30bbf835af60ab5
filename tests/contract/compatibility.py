"""Rules by which one version of an event's JSON Schema can live beside another."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

# What people read; all else changes what a value may be, or means.
_PROSE = frozenset({"title", "description", "examples"})


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Return why writers and readers of `old` and `new` would not understand each other; empty if they do.

    The one change that both sides survive is a new optional field.
    """
    return sorted(_object_changes(_resolved(old, old), _resolved(new, new), "event"))


def _object_changes(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    yield from (f"{where}.{name} was removed" for name in before.keys() - after.keys())
    needed = set(new.get("required", ())) - set(old.get("required", ()))
    yield from (f"{where}.{name} is required now: old writers leave it out" for name in needed)
    spared = (set(old.get("required", ())) - set(new.get("required", ()))) & after.keys()
    yield from (f"{where}.{name} is optional now: old readers need it" for name in spared)
    for name in before.keys() & after.keys():
        yield from _changes(before[name], after[name], f"{where}.{name}")


def _changes(old: Schema, new: Schema, where: str) -> Iterator[str]:
    if "properties" in old and "properties" in new:
        yield from _object_changes(old, new, where)
        return
    for keyword in sorted(old.keys() | new.keys()):
        before, after = old.get(keyword), new.get(keyword)
        if keyword == "items" and isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _changes(before, after, f"{where}[]")
        elif keyword == "anyOf" and before is not None and after is not None and len(before) == len(after):
            for left, right in zip(before, after, strict=True):
                yield from _changes(left, right, where)
        elif before != after:
            yield f"{where} changed its {keyword}: {before!r} -> {after!r}"


def _resolved(node: Any, root: Schema) -> Any:
    """Return `node` with its references replaced by what they name, and without prose."""
    if isinstance(node, list):
        return [_resolved(item, root) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        named = root["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return _resolved({**named, **{key: node[key] for key in node if key != "$ref"}}, root)
    names = node.get("properties")
    plain = {key: _resolved(value, root) for key, value in node.items() if key not in _PROSE | {"$defs"}}
    if isinstance(names, Mapping):  # a field may itself be called `title`
        plain["properties"] = {name: _resolved(field, root) for name, field in names.items()}
    return plain
