"""CloudEvents names and W3C trace context in Kafka headers."""

import random
import re
from dataclasses import dataclass

from shared.events.envelope import Event

Headers = tuple[tuple[str, bytes | None], ...]
"""In the order they were sent; a name may repeat, and Kafka allows a header without a value."""

ID_HEADER = "ce_id"
TYPE_HEADER = "ce_type"
TRACE_HEADER = "traceparent"
STATE_HEADER = "tracestate"

# By hand, as OpenTelemetry's propagator costs five times as much a message. Anything may follow in
# versions to come; zeros mean "none".
_PARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_STATE = re.compile(rb"[ -~]{1,512}")
"""Longer than this, or with other characters, a state may be dropped."""


def event_id_of(headers: Headers) -> str:
    """Return the event's id as the headers name it; empty where they name none."""
    named = (value for name, value in headers if name == ID_HEADER and value)
    return next(named, b"").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Trace:
    """Trace of a record, as in W3C Trace Context; ids in hexadecimal digits.

    Tidemill records no spans, so results carry the parent of their input on unchanged.
    """

    id: str
    parent_id: str
    """Id of the span that the record was sent in."""

    flags: str
    """Two hexadecimal digits: 01 for a sampled trace, 03 for one whose id is also random."""

    state: str = ""
    """Value of `tracestate`: what tracing systems keep for themselves."""

    @property
    def parent(self) -> str:
        """Return the value of `traceparent`."""
        return f"00-{self.id}-{self.parent_id}-{self.flags}"


def trace_of(headers: Headers) -> Trace:
    """Return the trace that a record belongs to; a new one when it names none, or a broken one."""
    return named_trace(headers) or new_trace()


def named_trace(headers: Headers) -> Trace | None:
    """Return the trace that a record names; None when it names none, or a broken one."""
    parent, states = None, []
    for name, value in headers:
        if name == TRACE_HEADER and value is not None and parent is None:
            parent = _PARENT.fullmatch(value)
        elif name == STATE_HEADER and value:
            states.append(value)
    if parent is None:
        return None
    state = b",".join(states)
    kept = state.decode() if _STATE.fullmatch(state) else ""
    return Trace(parent[1].decode(), parent[2].decode(), parent[3].decode(), kept)


def new_trace() -> Trace:
    """Return the start of a trace."""
    return Trace(_random_id(bits=128), _random_id(bits=64), flags="01")


def trace_id(trace: Trace) -> str:
    """Return the id for logs and decision records, 32 hexadecimal digits."""
    return trace.id


def headers_for(event: Event, *, source: str, trace: Trace) -> Headers:
    """Return the headers of `event` published by `source` in `trace`."""
    state = ((STATE_HEADER, trace.state.encode()),) if trace.state else ()
    return (
        ("ce_specversion", b"1.0"),
        (ID_HEADER, str(event.event_id).encode()),
        (TYPE_HEADER, event.name.encode()),
        ("ce_source", source.encode()),
        ("ce_time", event.occurred_at.isoformat().encode()),
        ("content-type", b"application/json"),
        (TRACE_HEADER, trace.parent.encode()),
        *state,
    )


def _random_id(*, bits: int) -> str:
    """Return an id that is not zero, which would mean "none"."""
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"
