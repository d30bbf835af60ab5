"""Records decoded and answered: what a handler gets of them, and what is written for them."""

from dataclasses import replace

from shared.bus.dead_letters import read_dead_letter
from shared.bus.handled import StreamCodec
from shared.bus.received import Received
from shared.bus.record import Partition, Record
from shared.errors import RejectedError
from shared.events.headers import trace_of
from shared.reasons import Reason
from tests.support.said import Said, said, said_on

CODEC = StreamCodec([Said], source="tidemill/tests", group="g")
TRACEPARENT = (("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),)
RECORD = Record(Partition(Said.name, 3), 7, b"k", said("hi").to_json(), TRACEPARENT, 1_000)


def received(record: Record) -> Received[Said]:
    """Return the event in a whole record."""
    found = CODEC.received(record)
    assert isinstance(found, Received)
    return found


def test_an_event_comes_with_the_origin_of_its_record() -> None:
    found = received(RECORD)

    assert found.event == said("hi")
    assert (found.partition, found.offset, found.timestamp_ms) == (Partition("in", 3), 7, 1_000)
    assert (found.trace.id, found.trace.flags) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00")


def test_a_result_goes_on_in_the_trace_of_its_cause_and_names_its_publisher() -> None:
    result = said("hello", on=said_on("out"))

    [written] = CODEC.answered(RECORD, received(RECORD), [result]).outgoing

    headers = dict(written.headers)
    assert (written.topic, written.key, written.value) == ("out", b"k", result.to_json())
    assert trace_of(written.headers) == trace_of(TRACEPARENT)
    assert (headers["ce_source"], headers["ce_type"]) == (b"tidemill/tests", b"out")


def test_all_results_of_a_record_without_a_trace_begin_the_same_one() -> None:
    record = replace(RECORD, headers=())

    found = received(record)
    written = CODEC.answered(record, found, [said("a"), said("b")]).outgoing

    assert {trace_of(each.headers).id for each in written} == {found.trace.id}


def test_a_record_that_is_no_event_has_the_reason_why() -> None:
    refusal = CODEC.received(replace(RECORD, value=b"{"))

    assert isinstance(refusal, RejectedError)
    assert refusal.reason is Reason.NOT_JSON


def test_a_record_with_a_flaw_is_not_decoded() -> None:
    flaw = RejectedError(Reason.HEADER_NOT_UTF8, "no")

    assert CODEC.received(replace(RECORD, flaw=flaw)) is flaw


def test_a_refused_record_is_written_as_one_dead_letter() -> None:
    refusal = RejectedError(Reason.MODEL_REFUSED, "no")

    handled = CODEC.refused(RECORD, refusal)

    [written] = handled.outgoing
    letter = read_dead_letter(
        Record(Partition(written.topic, 0), 0, written.key, written.value, written.headers, 0)
    )
    assert handled.refusal is refusal
    assert (written.topic, letter.original, letter.reason) == ("in.dead", Partition("in", 3), "model_refused")
