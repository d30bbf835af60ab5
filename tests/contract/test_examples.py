"""Golden examples: records that were once written, and that each version of the classes must understand."""

import json

import pytest

from shared.events import BY_NAME, CustomerMessageAnalyzed, Event, SupportMessageRouted
from shared.events.codec import decode
from shared.events.headers import headers_for, trace_of
from tests.contract.examples import FOLDER, example
from tests.contract.test_schemas import validator

EVENTS = pytest.mark.parametrize("event", BY_NAME.values(), ids=list(BY_NAME))


@EVENTS
def test_the_example_is_read_and_written_unchanged(event: type[Event]) -> None:
    record = example(event)
    headers = tuple((name, text.encode()) for name, text in record["headers"].items())
    key = record["payload"][event.key_field].encode()

    read = decode(event, key=key, value=json.dumps(record["payload"]).encode(), headers=headers)

    assert json.loads(read.to_json()) == record["payload"]


@EVENTS
def test_the_example_fits_the_golden_schema(event: type[Event]) -> None:
    validator(event).validate(example(event)["payload"])


@EVENTS
def test_the_example_has_the_headers_that_are_written_today(event: type[Event]) -> None:
    record = example(event)
    read = event.model_validate(record["payload"])
    sent = tuple((name, text.encode()) for name, text in record["headers"].items())

    written = headers_for(read, source=record["headers"]["ce_source"], trace=trace_of(sent))

    parent = len("00-") + 32 + 1  # the id of the span is another one each time
    assert [(name, value) for name, value in written if name != "traceparent"] == list(sent[:-1])
    assert (written[-1][1] or b"")[:parent] == sent[-1][1][:parent]


def test_the_route_of_the_examples_comes_from_their_message() -> None:
    analyzed = CustomerMessageAnalyzed.model_validate(example(CustomerMessageAnalyzed)["payload"])
    routed = SupportMessageRouted.model_validate(example(SupportMessageRouted)["payload"])

    assert routed.event_id == analyzed.child_id(SupportMessageRouted)
    assert routed.message_id == analyzed.cause_id


def test_no_example_is_left_of_an_event_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(BY_NAME)
