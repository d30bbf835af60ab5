"""CloudEvents and trace headers."""

from datetime import datetime

import pytest

from shared.events.headers import Headers, headers_for, new_trace, trace_id, trace_of
from tests.support.events import NOON, message

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01".encode()


def carried_on(headers: Headers) -> dict[str, bytes | None]:
    """Return the trace headers of a result whose input had these."""
    written = headers_for(message(), source="inference", trace=trace_of(headers))
    return {name: value for name, value in written if name.startswith("trace")}


def test_a_result_says_what_it_is_in_the_names_of_cloudevents() -> None:
    event = message(1)

    headers = dict(headers_for(event, source="inference", trace=new_trace()))

    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == str(event.event_id).encode()
    assert headers["ce_type"] == b"customer.message_received.v1"
    assert headers["ce_source"] == b"inference"
    assert headers["content-type"] == b"application/json"
    assert datetime.fromisoformat((headers["ce_time"] or b"").decode()) == NOON


@pytest.mark.parametrize("flags", [b"00", b"01", b"03"])
def test_a_result_has_the_parent_of_its_cause(flags: bytes) -> None:
    parent = PARENT[:-2] + flags

    assert carried_on((("traceparent", parent),)) == {"traceparent": parent}


def test_a_record_without_a_parent_gets_one_that_its_results_keep() -> None:
    written = carried_on(())

    assert carried_on(tuple(written.items())) == written


def test_the_state_of_a_trace_travels_along_joined_where_it_came_in_parts() -> None:
    parts = (("tracestate", b"vendor=1"), ("traceparent", PARENT), ("tracestate", b"other=2"))

    assert carried_on(parts) == {"traceparent": PARENT, "tracestate": b"vendor=1,other=2"}


@pytest.mark.parametrize("state", [None, b"", b"a=\xff", b"a=\r\nb", b"a=" + b"x" * 511])
def test_a_broken_state_is_dropped_and_its_trace_goes_on(state: bytes | None) -> None:
    assert carried_on((("traceparent", PARENT), ("tracestate", state))) == {"traceparent": PARENT}


def test_a_state_without_a_whole_parent_is_dropped() -> None:
    assert "tracestate" not in carried_on((("traceparent", b"broken"), ("tracestate", b"vendor=1")))


def test_a_parent_of_a_later_version_is_understood_and_written_as_ours() -> None:
    later = b"cc-" + PARENT[3:] + b"-more"

    assert carried_on((("traceparent", later),)) == {"traceparent": PARENT}


@pytest.mark.parametrize(
    "broken",
    [
        None,
        b"",
        b"\xff\xfe",
        b"00-0-0-0",
        f"00-{'0' * 32}-00f067aa0ba902b7-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"ff-{TRACE}-00f067aa0ba902b7-01".encode(),
    ],
)
def test_a_broken_trace_starts_a_new_one(broken: bytes | None) -> None:
    found = trace_id(trace_of((("traceparent", broken),)))

    assert found not in {TRACE, "0" * 32}
    assert len(found) == 32


def test_the_first_trace_that_is_whole_counts() -> None:
    found = trace_of((("traceparent", b"broken"), ("traceparent", PARENT)))

    assert trace_id(found) == TRACE


def test_records_without_a_trace_get_one_each() -> None:
    assert trace_id(trace_of(())) != trace_id(trace_of(()))
