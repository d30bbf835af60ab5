"""Results that are read before their inputs, as when topics are read again, leave nothing waiting."""

from itertools import permutations

import pytest

from services.dashboard.state.flow import Flow
from shared.bus.record import Record
from tests.unit.tidemill.events import a_message, a_record, a_route

MESSAGE = a_message()
INPUT, RESULT = a_record(MESSAGE), a_record(a_route(MESSAGE))


@pytest.mark.parametrize("records", list(permutations((INPUT, RESULT))), ids=["in order", "result first"])
def test_an_input_with_its_result_does_not_wait(records: tuple[Record, ...]) -> None:
    flow = Flow()

    for record in records:
        flow.note(record, record.timestamp_ms)

    stream = flow.streams["messages"]
    assert (len(stream.open), len(stream.early)) == (0, 0)
    assert sum(bucket.done for bucket in stream.window.until(RESULT.timestamp_ms)) == 1
