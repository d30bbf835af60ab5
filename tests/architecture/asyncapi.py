"""docs/asyncapi.json from events and catalogue: `python -m tests.architecture.asyncapi` writes it."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.catalogue import DEAD_TOPICS
from shared.events import BY_NAME, DEAD_SUFFIX, INPUTS, Event, Reason
from tests.contract.examples import example
from tests.contract.schemas import current

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "asyncapi.json"

Json = dict[str, Any]

DESCRIPTION = """Events of Tidemill on Kafka: one type a topic, and the topic has the name of its event.

The application that this document describes is yours: it sends the messages of the `send` operations and
receives those of the `receive` operations. Fields may be added to a version, so pass over
those that you don't know; a change that would break a reader is a new version on a topic of its own. After a
crash a result may come twice, with the same `event_id`. docs/contract.md has the same in
prose, docs/openapi.json has HTTP."""

_KAFKA = "0.5.0"
"""Version of AsyncAPI's binding for Kafka."""

_TEXT: Json = {"type": "string"}
_HEADERS: Mapping[str, tuple[Json, str]] = {
    "ce_specversion": ({"const": "1.0", **_TEXT}, "Version of CloudEvents."),
    "ce_id": ({"format": "uuid", **_TEXT}, "The payload's `event_id`."),
    "ce_type": (_TEXT, "Name of the event, which is the name of the topic."),
    "ce_source": (_TEXT, "The service that published the event, such as `tidemill/support_bot`."),
    "ce_time": ({"format": "date-time", **_TEXT}, "The payload's `occurred_at`."),
    "content-type": ({"const": "application/json", **_TEXT}, "Media type of the payload, which is UTF-8."),
    "traceparent": (
        {"pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", **_TEXT},
        "W3C Trace Context; the trace id is the same from input to result.",
    ),
}
_DEAD_HEADERS: Mapping[str, tuple[Json, str]] = {
    "kafka_dlt-original-topic": (_TEXT, "Topic of the record."),
    "kafka_dlt-original-partition": (_TEXT, "Its partition, in decimal digits."),
    "kafka_dlt-original-offset": (_TEXT, "Its offset, in decimal digits."),
    "kafka_dlt-original-timestamp": (_TEXT, "Its timestamp, in milliseconds since 1970."),
    "kafka_dlt-original-consumer-group": (_TEXT, "Consumer group that refused it."),
    "kafka_dlt-exception-fqcn": (_TEXT, "Class of the error."),
    "kafka_dlt-exception-message": (_TEXT, "The fault in one line, without content of the record."),
    "tidemill-reason": (
        {"enum": [str(reason) for reason in Reason], **_TEXT},
        "Reason code; more may be added.",
    ),
    "tidemill-payload-sha256": (_TEXT, "SHA-256 of the value, in hexadecimal digits."),
}


def document() -> Json:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:tidemill:events",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {name: _channel(name, _message_id(event)) for name, event in BY_NAME.items()}
        | {topic: _channel(topic, "DeadLetter") for topic in DEAD_TOPICS},
        "operations": dict(_operations()),
        "components": {
            "messages": {_message_id(event): _message(event) for event in BY_NAME.values()}
            | {"DeadLetter": _dead_letter()},
            "schemas": _schemas(),
            "securitySchemes": {
                "scramSha512": {"type": "scramSha512", "description": "User and password at the broker."}
            },
        },
    }


def text() -> str:
    """Return the document as it is written."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _info() -> Json:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "title": "Tidemill events",
        "version": project["version"],
        "description": DESCRIPTION,
        "license": {"name": project["license"]},
    }


def _servers() -> Json:
    def server(protocol: str, description: str) -> Json:
        variable = {"default": "127.0.0.1:19092", "description": "Value of TIDEMILL__KAFKA__BOOTSTRAP."}
        return {
            "host": "{bootstrap}",
            "protocol": protocol,
            "description": description,
            "variables": {"bootstrap": variable},
        }

    return {
        "plain": server(
            "kafka",
            "Kafka without login, reached from the same machine. The default is that of the compose file; "
            "`tidemill env` prints the address of the embedded stack, another one at each start.",
        ),
        "secured": server("kafka-secure", "Kafka with a login and TLS.")
        | {"security": [{"$ref": "#/components/securitySchemes/scramSha512"}]},
    }


def _channel(topic: str, message: str) -> Json:
    return {
        "address": topic,
        "description": _channel_description(topic),
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": _KAFKA}},
    }


def _channel_description(topic: str) -> str:
    if topic.endswith(DEAD_SUFFIX):
        return f"Records of {topic.removesuffix(DEAD_SUFFIX)} that can never be handled."
    return _sentences(BY_NAME[topic])[0]


def _operations() -> Iterator[tuple[str, Json]]:
    for name, event in BY_NAME.items():
        action = "send" if event in INPUTS else "receive"
        yield action + _message_id(event), _operation(action, name, _message_id(event))
    for topic in DEAD_TOPICS:
        name = _message_id(BY_NAME[topic.removesuffix(DEAD_SUFFIX)])
        yield f"receiveDead{name}", _operation("receive", topic, "DeadLetter")


def _operation(action: str, topic: str, message: str) -> Json:
    group = {"type": "string", "description": "A group of your own; none that begins with `tidemill-`."}
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "summary": _channel_description(topic),
        "messages": [{"$ref": f"#/channels/{topic}/messages/{message}"}],
        "bindings": {
            "kafka": ({"groupId": group} if action == "receive" else {}) | {"bindingVersion": _KAFKA}
        },
    }


def _message_id(event: type[Event]) -> str:
    return event.__name__


def _message(event: type[Event]) -> Json:
    """Return the message of an event. An input needs no headers; all others have all of them."""
    known = {} if event in INPUTS else {"correlationId": {"location": "$message.payload#/cause_id"}}
    headers = "SentHeaders" if event in INPUTS else "Headers"
    return {
        "name": event.name,
        "title": event.__name__,
        "summary": " ".join(_sentences(event)),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"$ref": f"#/components/schemas/{_message_id(event)}"},
        **known,
        "tags": [{"name": event.name.partition(".")[0]}],
        "bindings": {"kafka": {"key": _key(event), "bindingVersion": _KAFKA}},
        "examples": [{"name": event.__name__, **example(event)}],
        "x-schema-id": current(event)["$id"],
    }


def _key(event: type[Event]) -> Json:
    if not event.key_required:
        return {"type": ["string", "null"], "description": "Any, or none: order does not matter here."}
    return {**_TEXT, "description": f"The payload's `{event.key_field}`, UTF-8 without quotes."}


def _sentences(event: type[Event]) -> list[str]:
    """Return the sentences of the class, without that about its key."""
    text = " ".join((event.__doc__ or "").split()).rstrip(".")
    return [f"{each}." for each in text.split(". ") if not each.startswith("Kafka key:")]


def _dead_letter() -> Json:
    return {
        "name": "dead letter",
        "title": "DeadLetter",
        "summary": "A refused record: key, value and headers as they came, the reason in further headers.",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The bytes of the refused record, which may be anything or absent."},
        "tags": [{"name": "dead letters"}],
        "bindings": {
            "kafka": {
                "key": {"type": ["string", "null"], "description": "The key of the refused record."},
                "bindingVersion": _KAFKA,
            }
        },
    }


def _schemas() -> Json:
    found: Json = {
        "Headers": _headers(_HEADERS, "CloudEvents names and W3C trace context.", required=True),
        "SentHeaders": _headers(
            _HEADERS, "As those of results, each optional; a given `ce_type` must be right.", required=False
        ),
        "DeadLetterHeaders": _headers(
            _DEAD_HEADERS, "Those of the refused record come first, then these.", required=True
        ),
    }
    for event in BY_NAME.values():
        schema = event.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, part in {**schema.pop("$defs", {}), _message_id(event): schema}.items():
            if found.setdefault(name, part) != part:
                raise ValueError(f"two schemas are called {name}")
    return found


def _headers(headers: Mapping[str, tuple[Json, str]], description: str, *, required: bool) -> Json:
    schema: Json = {
        "type": "object",
        "description": description,
        "properties": {name: {**kind, "description": meaning} for name, (kind, meaning) in headers.items()},
    }
    return schema | ({"required": list(headers)} if required else {})


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
