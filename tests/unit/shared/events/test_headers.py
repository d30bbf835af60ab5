"""CloudEvents and trace headers."""

from datetime import datetime

import pytest

from shared.events.headers import headers_for, new_trace, trace_id, trace_of
from tests.support.events import NOON, message

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01".encode()


def test_a_result_says_what_it_is_in_the_names_of_cloudevents() -> None:
    event = message(1)

    headers = dict(headers_for(event, source="inference", trace=new_trace()))

    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == str(event.event_id).encode()
    assert headers["ce_type"] == b"customer.message_received.v1"
    assert headers["ce_source"] == b"inference"
    assert headers["content-type"] == b"application/json"
    assert datetime.fromisoformat((headers["ce_time"] or b"").decode()) == NOON


def test_a_result_continues_the_trace_of_its_cause() -> None:
    cause = trace_of((("traceparent", PARENT),))

    written = dict(headers_for(message(), source="inference", trace=cause))["traceparent"]

    version, trace, span, flags = (written or b"").decode().split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != "00f067aa0ba902b7"


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
