"""Publishing: one call for a chunk, single calls after a refusal, and what is remembered of it."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.bus.handled import Handled, StreamCodec
from shared.bus.metrics import StreamMetrics
from shared.bus.port import ClientBrokenError, RecordTooLargeError
from shared.bus.positions import Position
from shared.bus.publishing import Publishing
from shared.bus.record import Outgoing, Partition, Record
from shared.bus.retries import Retries
from shared.errors import ConfigError, RejectedError
from shared.reasons import Reason
from tests.support.said import Said

CODEC = StreamCodec([Said], source="tests", group="g")
NO = RejectedError(Reason.MODEL_REFUSED, "no")


class Broker:
    """Refuses a call that holds a record above its bound; where `transactional`, all calls after it too."""

    def __init__(self, max_bytes: int = 2_000, *, transactional: bool = False) -> None:
        self.max_bytes = max_bytes
        self.transactional = transactional
        self.calls: list[tuple[int, list[int]]] = []
        self.is_broken = False

    async def send(self, records: Sequence[Outgoing], *, up_to: Position) -> None:
        """Note offset and sizes of the call, or raise."""
        if self.is_broken:
            raise ClientBrokenError("the transaction can't be completed")
        self.calls.append((up_to.next_offset, [record.size_bytes for record in records]))
        if any(record.size_bytes > self.max_bytes for record in records):
            self.is_broken = self.transactional
            raise RecordTooLargeError("no")


def publishing() -> Publishing:
    return Publishing(Retries(StreamMetrics(CollectorRegistry()), group="g"), group="g")


def a_record(offset: int, value: bytes = b"") -> Record:
    return Record(Partition("in", 0), offset, b"k", value, (), 0)


def with_results(offset: int, *sizes: int) -> Handled:
    return Handled(a_record(offset), [Outgoing("out", b"", bytes(size)) for size in sizes])


def refused(offset: int, size: int) -> Handled:
    return CODEC.refused(a_record(offset, bytes(size)), NO)


async def test_a_chunk_without_a_refusal_is_one_call_up_to_its_end() -> None:
    broker, chunk = Broker(), [with_results(4, 1, 2), with_results(5), with_results(6, 3)]

    written = await publishing().publish(chunk, broker.send)

    assert written == chunk
    assert broker.calls == [(7, [1, 2, 3])]


async def test_after_a_refusal_no_record_is_done_before_it_is_sent() -> None:
    broker = Broker()

    written = await publishing().publish(
        [with_results(4, 10, 20), with_results(5, 9_000), with_results(6, 30)], broker.send
    )

    assert [each.refusal and each.refusal.reason for each in written] == [None, Reason.RESULT_TOO_LARGE, None]
    letter_bytes = written[1].outgoing[0].size_bytes
    assert broker.calls[1:] == [(5, [10, 20]), (6, [9_000]), (6, [letter_bytes]), (7, [30])]


async def test_records_refused_only_together_all_get_their_results() -> None:
    class SmallBatches(Broker):
        async def send(self, records: Sequence[Outgoing], *, up_to: Position) -> None:
            if sum(record.size_bytes for record in records) > self.max_bytes:
                raise RecordTooLargeError("no")
            await super().send(records, up_to=up_to)

    chunk = [with_results(0, 1_500), with_results(1, 1_500), with_results(2, 1_500)]

    written = await publishing().publish(chunk, SmallBatches().send)

    assert written == chunk


async def test_small_results_of_other_partitions_are_not_refused_with_a_large_one() -> None:
    class Batching(Broker):
        """Refuses all calls that come while a record above its bound is under way."""

        def __init__(self) -> None:
            super().__init__()
            self.large_count = 0

        async def send(self, records: Sequence[Outgoing], *, up_to: Position) -> None:
            del up_to
            is_large = any(record.size_bytes > self.max_bytes for record in records)
            self.large_count += is_large
            await asyncio.sleep(0)
            is_refused = bool(self.large_count)
            await asyncio.sleep(0)
            self.large_count -= is_large
            if is_refused and records:
                raise RecordTooLargeError("no")

    bound, broker = publishing(), Batching()
    chunks = [[with_results(n, 10), with_results(n + 1, 9_000 if n == 0 else 10)] for n in range(0, 10, 2)]

    written = await asyncio.gather(*(bound.publish(chunk, broker.send) for chunk in chunks))

    refused = [each.record.offset for chunk in written for each in chunk if each.refusal]
    assert refused == [1]


async def test_a_broken_transaction_is_met_by_the_next_clients_with_something_smaller() -> None:
    bound, chunk = publishing(), [with_results(0, 10), with_results(1, 9_000)]
    attempts = 0
    written: Sequence[Handled] = []
    while not written:
        attempts += 1
        broker = Broker(transactional=True)
        try:
            written = await bound.publish(chunk, broker.send)
        except ClientBrokenError:
            continue

    assert written[1].refusal is not None
    assert attempts == 3


async def test_a_letter_as_large_as_one_that_was_refused_is_shortened_before_it_is_sent() -> None:
    bound, broker = publishing(), Broker()
    await bound.publish([refused(0, 5_000)], broker.send)
    broker.calls.clear()

    with capture_logs() as logs:
        [written] = await bound.publish([refused(1, 5_000)], broker.send)

    assert len(broker.calls) == 1
    assert written.outgoing[0].value is None
    assert [(line["event"], line["offset"]) for line in logs] == [("dead_letter_shortened", 1)]


async def test_a_smaller_letter_and_a_large_result_stay_whole_behind_a_refused_letter() -> None:
    bound, broker = publishing(), Broker()
    await bound.publish([refused(0, 5_000)], broker.send)
    broker.max_bytes = 10_000

    chunk = [refused(1, 1_000), with_results(2, 6_000)]

    assert await bound.publish(chunk, broker.send) == chunk


async def test_a_dead_letter_topic_that_refuses_the_shortest_letter_is_a_wrong_set_up() -> None:
    with pytest.raises(
        ConfigError, match=r"in\.dead refuses a dead letter of .* raise its max\.message\.bytes"
    ):
        await publishing().publish([refused(0, 5_000)], Broker(max_bytes=10).send)
