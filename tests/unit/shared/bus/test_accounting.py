"""Counts and log lines of records, the same for every engine."""

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.bus.accounting import Accounting
from shared.bus.dead_letters import DeadLetterFloodError
from shared.bus.handled import Handled, StreamCodec
from shared.bus.limits import GuardLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.record import Outgoing, Partition, Record
from shared.errors import RejectedError
from shared.events.headers import Headers
from shared.reasons import Reason
from tests.support.said import Said

CODEC = StreamCodec([Said], source="tests", group="g")
NO = RejectedError(Reason.MODEL_REFUSED, "no")


def accounting(registry: CollectorRegistry, *, min_count: int = 100) -> Accounting:
    limits = GuardLimits(dead_letter_min_count=min_count)
    return Accounting(StreamMetrics(registry), limits, group="g")


def a_record(offset: int, headers: Headers = ()) -> Record:
    return Record(Partition("in", 2), offset, b"k", b"secret", headers, 0)


async def test_records_results_and_dead_letters_are_counted_by_their_topics() -> None:
    registry = CollectorRegistry()
    books = accounting(registry)
    results = [Outgoing("out", b"", b"")] * 3

    books.note_read("in", 2)
    books.note_done([Handled(a_record(0), results), CODEC.refused(a_record(1), NO)])

    def counted(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"tidemill_{name}", {"stream": "in", **labels})

    assert counted("records_in_total") == 2
    assert counted("records_out_total", topic="out") == 3
    assert counted("records_out_total", topic="in.dead") == 1
    assert counted("dead_letters_total", reason="model_refused") == 1
    assert counted("event_age_seconds_count") == 2


async def test_the_line_of_a_dead_letter_finds_its_record_and_tells_nothing_of_its_content() -> None:
    trace = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    with capture_logs() as logs:
        accounting(CollectorRegistry()).note_done([CODEC.refused(a_record(7, (("ce_id", b"e1"), trace)), NO)])

    [line] = logs
    assert line == {
        "event": "record_dead_lettered",
        "log_level": "warning",
        "group": "g",
        "topic": "in",
        "partition": 2,
        "offset": 7,
        "reason": "model_refused",
        "event_id": "e1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }


async def test_too_many_dead_letters_stop_the_stream_after_they_are_counted() -> None:
    registry = CollectorRegistry()

    with pytest.raises(DeadLetterFloodError):
        accounting(registry, min_count=2).note_done([CODEC.refused(a_record(n), NO) for n in range(2)])

    labels = {"stream": "in", "reason": "model_refused"}
    assert registry.get_sample_value("tidemill_dead_letters_total", labels) == 2
