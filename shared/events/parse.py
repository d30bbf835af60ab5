"""From the bytes of a record to an event, or to the reason why that can never work."""

import json
from typing import TypeVar

from pydantic import ValidationError

from shared.errors import RejectedError
from shared.events.envelope import Event
from shared.events.headers import TYPE_HEADER, Headers
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


def parse(event_type: type[E], *, key: bytes | None, value: bytes | None, headers: Headers) -> E:
    """Return the event in a record.

    Raises RejectedError with one of the reasons null_value, unknown_version, missing_key,
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
        return RejectedError(
            Reason.LONE_SURROGATE if _has_lone_surrogate(value) else Reason.NOT_JSON, message
        )
    return RejectedError(Reason(kind) if kind in _OWN_REASONS else Reason.WRONG_SHAPE, f"{where}: {message}")


def _has_lone_surrogate(value: bytes) -> bool:
    """Return whether it is JSON with half a character in an escape: pydantic's parser refuses the whole."""
    try:
        json.dumps(json.loads(value.decode()), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):  # nested too deep for it
        return False
    return False
