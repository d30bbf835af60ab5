"""Codec between events and Kafka records: key, value and headers."""

import json
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from shared.errors import RejectedError
from shared.events.envelope import Event
from shared.events.headers import TYPE_HEADER, Headers, Trace, headers_for
from shared.reasons import Reason

E = TypeVar("E", bound=Event)

# Kinds of ValidationError that are reason codes of their own; all others are `wrong_shape`.
_OWN_REASONS = frozenset(
    {
        Reason.EMPTY_TEXT,
        Reason.TEXT_TOO_LONG,
        Reason.IMAGE_NOT_BASE64,
        Reason.IMAGE_TOO_LARGE,
        Reason.TIME_OUT_OF_RANGE,
    }
)


class Encoded(NamedTuple):
    """The parts of a Kafka record that carry one event."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


def encode(event: Event, *, source: str, trace: Trace) -> Encoded:
    """Return the record of an event that `source` publishes in `trace`."""
    return Encoded(event.name, event.key, event.to_json(), headers_for(event, source=source, trace=trace))


def decode(event_type: type[E], *, key: bytes | None, value: bytes | None, headers: Headers) -> E:
    """Return the event in a record.

    Raises RejectedError with one of the reasons null_value, unknown_version, missing_key, key_mismatch,
    invalid_utf8, not_json, lone_surrogate, empty_text, text_too_long, image_not_base64,
    image_too_large, time_out_of_range, wrong_shape.
    """
    if value is None:
        raise RejectedError(Reason.NULL_VALUE, "the record has no value")
    for name, content in headers:
        if name == TYPE_HEADER and content != event_type.name.encode():
            raise RejectedError(Reason.UNKNOWN_VERSION, f"this topic carries {event_type.name} only")
    if key is None and event_type.key_required:
        raise RejectedError(Reason.MISSING_KEY, f"the record needs {event_type.key_field} as its key")
    event = event_in(event_type, value)
    if event_type.key_required and key != event.key:
        raise RejectedError(Reason.KEY_MISMATCH, f"the key is not the UTF-8 text of {event_type.key_field}")
    return event


def event_in(event_type: type[E], value: bytes) -> E:
    """Return the event in the value of a record. Raises RejectedError as `decode` does."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise RejectedError(Reason.INVALID_UTF8, f"byte {error.start} is not UTF-8") from None
    try:
        return event_type.from_json(value)
    except ValidationError as error:
        raise _rejection(error, value) from None


def _rejection(error: ValidationError, value: bytes) -> RejectedError:
    """Return the first complaint as a rejection, without the sender's input."""
    first = error.errors(include_url=False, include_input=False)[0]
    kind, message = first["type"], first["msg"]
    where = ".".join(map(str, first["loc"]))
    if kind == "json_invalid":
        return RejectedError(Reason.LONE_SURROGATE if has_lone_surrogate(value) else Reason.NOT_JSON, message)
    return RejectedError(reason_of(kind), f"{where}: {message}")


def reason_of(kind: str) -> Reason:
    """Return the reason code of a complaint of pydantic's that is not about JSON, by its type."""
    return Reason(kind) if kind in _OWN_REASONS else Reason.WRONG_SHAPE


def has_lone_surrogate(value: bytes) -> bool:
    """Return whether it is JSON with half a character in an escape: pydantic's parser refuses the whole."""
    try:
        json.dumps(json.loads(value.decode()), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):  # nested too deep for it
        return False
    return False
