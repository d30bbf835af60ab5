"""docs/contract.md from the event classes: `python -m tests.architecture.contract_page` writes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.events import (
    CORRECTIONS,
    INPUTS,
    RESULTS,
    DecisionRecord,
    Entity,
    Event,
    Evidence,
    Prediction,
    Reason,
)
from tests.architecture.connecting import SECTION
from tests.architecture.fields import bounds, choices, field_docstrings

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
PARTS: tuple[type[BaseModel], ...] = (Prediction, DecisionRecord, Entity, Evidence)
HEAD = """# The contract: topics, events, headers

This page is generated from the classes in `shared/events` (`python -m tests.architecture.contract_page`).
For programs the same is an AsyncAPI 3 document, [asyncapi.json](asyncapi.json), and a JSON Schema an event in
[tests/contract/schemas](../tests/contract/schemas), with the `$id` `urn:tidemill:NAME`. Any Kafka client can
send and subscribe. [reference.html](reference.html) has events and HTTP on one page; HTTP for programs is in
[openapi.json](openapi.json).

- **A topic is named like its event**, `subject.fact.vN`. The value is UTF-8 JSON, one event a record.
- **The key** of a record must be the value of the field named below, as UTF-8 without quotes: all events of
  one key come in order. A record without a key becomes a dead letter (`missing_key`), and so does one whose
  key differs from the field (`key_mismatch`), as its order would be lost. For images order does not matter:
  they may have any key, or none.
- **Versions.** Fields may be added to a version, and readers must pass over those that they don't know.
  Whatever would break a reader is a new version on a topic of its own; a test holds each change against the
  schemas.
- **Repeats.** After a crash a result may come twice, with the same `event_id`: remember it, and act once
  ([decision 0002](decisions/0002-at-least-once-with-derived-ids.md)). With
  `TIDEMILL__KAFKA__DELIVERY=exactly-once`, a reader that is set to `read_committed` gets it once.
- **From cause to result.** `cause_id` is the `event_id` of the event that a result answers. The headers
  `traceparent` and `tracestate` (W3C) go from input to result unchanged: Tidemill records no spans, so the
  parent of a result is the span that its input was sent in. Without a `traceparent` a trace begins. `ce_id`,
  `ce_type`, `ce_source` and `ce_time` are those of CloudEvents.
- **Compression.** Results are compressed with gzip, which every client reads without a plug-in.
  `TIDEMILL__KAFKA__COMPRESSION` also allows `none`, `snappy`, `lz4` and `zstd`; kafkajs has none of the last
  three. What you send may be in any of the five.
- **Who acts.** Tidemill decides and publishes. Your subscriber sends the reply of a message in the lane
  `auto`, shows the draft to a person, or wakes whoever watches a company.

The least that asks for something, with the key `c-17` on `customer.message_received.v1`:

```json
{
  "event_id": "5f0c6b1e-2d1c-4a53-9a53-0c62f4a7e2d1",
  "occurred_at": "2026-03-04T12:00:00Z",
  "conversation_id": "c-17",
  "text": "Where is my card?"
}
```

`event_id` is a UUID that you choose. Make it from what the event is, and a message that was sent twice is
recognised. Times are text of RFC 3339 with a zone, from 1970 to before 2200; numbers are refused.
"""


REASONS_HEAD = """## Dead letters

A record that can never be handled is written to `TOPIC.dead`: key, value and headers as they came, and behind
them headers that say where it stood and why it was refused. A record that `tidemill dead replay` sends again
has the header `tidemill-replay-attempt`, 1 for the first time, and so has its next letter.
`tidemill-reason` is one of these:
"""


CORRECTIONS_HEAD = """## What people correct

The gateway publishes these when a person corrects a result, on the dashboard or over HTTP. None changes a
result by itself, and one without the name of the person is never used to train: nobody could be asked about
it, and whoever reaches the gateway could teach the models. The newest correction of a result counts, by the
order on its topic; it holds all that is right, also what an earlier one said.
"""


def page() -> str:
    """Return the page: what is sent, what comes back, and what both are made of."""
    parts = [
        HEAD,
        SECTION,
        "## What you send\n",
        *(_section(event.name, event, _head(event)) for event in INPUTS),
        "## What comes back\n",
        *(_section(event.name, event, _head(event)) for event in RESULTS),
        CORRECTIONS_HEAD,
        *(_section(event.name, event, _head(event)) for event in CORRECTIONS),
        "## What these have in common\n",
        *(_section(part.__name__, part, "") for part in PARTS),
        _reasons(),
    ]
    return "\n".join(parts)


def _reasons() -> str:
    meanings = field_docstrings(Reason)
    rows = "\n".join(f"| `{reason}` | {meanings[reason.name]} |" for reason in Reason)
    return f"{REASONS_HEAD}\n| reason | meaning |\n| --- | --- |\n{rows}\n"


def _head(event: type[Event]) -> str:
    optional = "" if event.key_required else ", if any"
    return f"Key: `{event.key_field}`{optional}.\n\n"


def _section(title: str, model: type[BaseModel], head: str) -> str:
    rows = "\n".join(_rows(model))
    return (
        f"### {title}\n\n{_description(model)}\n\n{head}"
        f"| field | what | must be there | meaning |\n| --- | --- | --- | --- |\n{rows}\n"
    )


def _description(model: type[BaseModel]) -> str:
    """Return what the class says of itself, without its key, which stands in a line of its own."""
    sentences = " ".join((model.__doc__ or "").split()).split(". ")
    return (
        ". ".join(sentence for sentence in sentences if not sentence.startswith("Kafka key:")).rstrip(".")
        + "."
    )


def _rows(model: type[BaseModel]) -> Iterator[str]:
    schema, meanings = model.model_json_schema(), field_docstrings(model)
    for name, field in schema["properties"].items():
        needed = "yes" if name in schema.get("required", ()) else "no"
        yield f"| `{name}` | {_type(field, schema.get('$defs', {}))} | {needed} | {meanings.get(name, '')} |"


def _type(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return a JSON Schema type in words."""
    if "$ref" in field:
        return _named(field["$ref"].rpartition("/")[2], definitions)
    if "anyOf" in field:
        return " or ".join(_type(each, definitions) for each in field["anyOf"])
    if field["type"] == "array":
        return f"list of {_type(field['items'], definitions)}"
    kind: str = field.get("format") or field["type"]
    return ", ".join(filter(None, (kind, bounds(field))))


def _named(name: str, definitions: Mapping[str, Any]) -> str:
    if values := definitions[name].get("enum"):
        return choices(values)
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
