"""Records leave in order and at the asked rate; files played again are recognised by their ids."""

from collections.abc import Sequence

import pytest

from shared.bus.chunks import CHUNK_BYTES, CHUNK_RECORDS
from shared.bus.record import Outgoing, Place
from shared.events import CustomerMessageReceived
from shared.events.codec import decode
from tests.unit.tidemill.events import a_message
from tidemill.player import due_count, outgoing, play


class RecordingProducer:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.chunks: list[list[Outgoing]] = []

    async def start(self) -> None:
        """Nothing to connect to."""

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Remember the chunk."""
        self.chunks.append(list(records))
        return []

    async def stop(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("elapsed_s", "sent_count", "due"),
    [(0.0, 0, 1), (0.05, 1, 0), (0.1, 1, 1), (1.0, 1, 10), (1.0, 11, 0), (1000.0, 0, CHUNK_RECORDS)],
)
def test_at_ten_a_second_one_is_due_every_tenth(elapsed_s: float, sent_count: int, due: int) -> None:
    assert due_count(elapsed_s, rate=10.0, sent_count=sent_count) == due


async def test_without_a_rate_everything_leaves_in_order_and_in_chunks() -> None:
    producer = RecordingProducer()
    records = [Outgoing("t", None, str(number).encode()) for number in range(CHUNK_RECORDS + 3)]
    heard: list[int] = []

    sent_count = await play(records, producer, on_sent=heard.append)

    assert [record for chunk in producer.chunks for record in chunk] == records
    assert (sent_count, heard) == (len(records), [CHUNK_RECORDS, CHUNK_RECORDS + 3])


async def test_large_records_leave_in_small_chunks_and_each_waits_for_room() -> None:
    producer = RecordingProducer()
    sent_before_room: list[int] = []

    async def room() -> None:
        sent_before_room.append(sum(map(len, producer.chunks)))

    await play([Outgoing("t", None, bytes(CHUNK_BYTES // 2))] * 5, producer, room=room)

    assert [len(chunk) for chunk in producer.chunks] == [2, 2, 1]
    assert sent_before_room == [2, 4, 5]


async def test_records_do_not_wait_for_those_that_have_not_arrived() -> None:
    producer = RecordingProducer()
    pauses = iter([False, True, False, False, True])

    records = [Outgoing("t", None, b"v")] * 5
    await play(records, producer, pauses=lambda: next(pauses))

    assert [len(chunk) for chunk in producer.chunks] == [2, 3]


async def test_with_a_rate_everything_arrives_too() -> None:
    producer = RecordingProducer()
    records = [Outgoing("t", None, b"v")] * 20

    assert await play(records, producer, rate=10_000.0) == 20


def test_a_record_of_an_event_can_be_parsed_back() -> None:
    message = a_message()

    record = outgoing(message)

    assert record.topic == CustomerMessageReceived.name
    found = decode(CustomerMessageReceived, key=record.key, value=record.value, headers=record.headers)
    assert found == message
