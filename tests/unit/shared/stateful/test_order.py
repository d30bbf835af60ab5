"""Each partition's records one after the other, however they are delivered."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.bus.port import LostRecordsError
from shared.bus.record import Partition, Record
from shared.errors import RetryableError
from shared.stateful.order import OrderGuard, Turn
from tests.support.virtual_time import run_in_virtual_time

P0, P1 = Partition("news", 0), Partition("news", 1)


class Broker:
    """Says where the next record is, and notes what it is asked."""

    def __init__(self, *first: int | Exception) -> None:
        self.first = list(first)
        self.asked: list[int] = []
        self.sought: list[tuple[Partition, int]] = []
        self.order = OrderGuard(self.find_next, self.seek, group="alerts")
        self.before_answer: Callable[[], None] = lambda: None

    async def find_next(self, partition: Partition, offset: int) -> int:
        """Return the next answer, or raise it."""
        del partition
        self.asked.append(offset)
        self.before_answer()
        answer = self.first.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def seek(self, partition: Partition, offset: int) -> None:
        """Note the seek."""
        self.sought.append((partition, offset))

    async def turn(self, offset: int, partition: Partition = P0) -> Turn:
        """Return the turn of a record that comes now."""
        return await self.order.turn(partition, offset, epoch=self.order.epoch)


def a_broker(next_offset: int, *first: int | Exception) -> Broker:
    """Return a broker with an order that expects this offset in partition 0."""
    broker = Broker(*first)
    broker.order.begin({P0: next_offset})
    return broker


def a_record(offset: int, partition: Partition = P0) -> Record:
    return Record(partition, offset, None, None, (), 0)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return run_in_virtual_time(work)


async def test_the_next_record_is_taken_and_then_the_one_after_it() -> None:
    broker = a_broker(5)

    assert [await broker.turn(5), await broker.turn(6)] == [Turn.NOW, Turn.NOW]
    assert broker.asked == []


@pytest.mark.parametrize("first", [72, 80])
async def test_a_record_behind_a_gap_without_records_is_taken_at_once(first: int) -> None:
    broker = a_broker(5, first)

    assert await broker.turn(72) is Turn.NOW
    assert broker.asked == [5]
    assert await broker.turn(73) is Turn.NOW


async def test_a_record_behind_skipped_ones_waits_for_the_first_of_them() -> None:
    broker = a_broker(5, 7)

    assert await broker.turn(72) is Turn.LATER
    assert broker.sought == [(P0, 7)]
    assert await broker.turn(7) is Turn.NOW


async def test_kafka_is_asked_once_about_skipped_records() -> None:
    broker = a_broker(5, 7)

    turns = [await broker.turn(72), await broker.turn(73)]

    assert turns == [Turn.LATER, Turn.LATER]
    assert broker.asked == [5]


async def test_kafka_is_asked_again_about_the_next_gap() -> None:
    broker = a_broker(5, 5, 8)
    await broker.turn(72)

    await broker.turn(5)

    assert await broker.turn(8) is Turn.NOW
    assert broker.asked == [5, 6]


async def test_an_answer_that_comes_late_moves_nothing_back() -> None:
    broker = a_broker(9, 7)

    assert await broker.order.waiting_records(P0, 20) == 11
    assert await broker.turn(9) is Turn.NOW


async def test_nothing_follows_from_an_answer_that_a_recovery_overtook() -> None:
    broker = a_broker(5, 72)
    broker.before_answer = lambda: broker.order.begin({P0: 3})

    assert await broker.turn(72) is Turn.LATER
    assert broker.sought == []
    assert await broker.turn(3) is Turn.NOW


async def test_what_was_sought_before_a_recovery_is_forgotten() -> None:
    broker = a_broker(5, 7, 72)
    await broker.turn(72)

    broker.order.begin({P0: 7})

    assert await broker.turn(72) is Turn.NOW


async def test_a_record_that_comes_again_is_known() -> None:
    assert await a_broker(5).turn(4) is Turn.BEFORE


async def test_a_partition_never_read_begins_at_its_beginning() -> None:
    assert await a_broker(0).turn(0) is Turn.NOW


async def test_a_record_of_a_partition_that_no_recovery_has_seen_comes_again_later() -> None:
    broker = a_broker(5)

    assert await broker.turn(0, P1) is Turn.LATER
    assert broker.asked == []


async def test_partitions_do_not_disturb_each_other() -> None:
    broker = Broker()
    broker.order.begin({P0: 5, P1: 9})

    assert [await broker.turn(5), await broker.turn(9, P1), await broker.turn(6)] == [Turn.NOW] * 3


async def test_a_record_that_a_recovery_overtook_is_applied_again() -> None:
    broker = a_broker(5)
    epoch = broker.order.epoch
    await broker.turn(5)
    broker.order.begin({P0: 5})

    broker.order.done([a_record(5)], epoch=epoch)

    assert await broker.turn(5) is Turn.NOW
    assert broker.order.in_hand == 1


async def test_a_chunk_that_a_recovery_overtook_takes_no_further_record() -> None:
    broker = a_broker(5)
    epoch = broker.order.epoch
    broker.order.begin({P0: 5})

    assert await broker.order.turn(P0, 5, epoch=epoch) is Turn.LATER
    assert await broker.turn(5) is Turn.NOW


def test_many_early_records_ask_for_one_seek() -> None:
    broker = a_broker(5, 5)

    async def come_early() -> list[int]:
        counts = []
        for pause_s in (0.0, 0.1, 1.8, 0.2):
            await asyncio.sleep(pause_s)
            await broker.turn(72)
            counts.append(len(broker.sought))
        return counts

    assert run(come_early()) == [1, 1, 1, 2]


async def test_a_gap_after_a_mended_one_is_sought_at_once() -> None:
    broker = a_broker(5, 5, 7)
    await broker.turn(72)

    await broker.turn(5)
    await broker.turn(72)

    assert broker.sought == [(P0, 5), (P0, 7)]


async def test_when_kafka_does_not_say_what_a_gap_holds_the_record_comes_again_later() -> None:
    broker = a_broker(5, RetryableError("away"), 72)

    with capture_logs() as logs:
        assert await broker.turn(72) is Turn.LATER

    assert [line["event"] for line in logs] == ["gap_unknown"]
    assert await broker.turn(72) is Turn.NOW


async def test_records_deleted_in_a_gap_stop_the_stream() -> None:
    with pytest.raises(LostRecordsError):
        await a_broker(5, LostRecordsError("deleted")).turn(72)


async def test_a_partition_that_went_to_another_worker_is_known_by_the_next_beginning() -> None:
    broker = a_broker(5)

    broker.order.begin({P1: 7})

    with pytest.raises(RetryableError, match="another worker"):
        await broker.order.waiting_records(P0, 9)


async def test_records_wait_until_they_are_done() -> None:
    broker = a_broker(5, 6)
    await broker.turn(5)

    assert await broker.order.waiting_records(P0, 8) == 3

    broker.order.done([a_record(5)], epoch=broker.order.epoch)

    broker.first = [6]
    assert await broker.order.waiting_records(P0, 8) == 2


async def test_the_end_of_a_transaction_does_not_wait() -> None:
    broker = a_broker(5, 6)

    assert await broker.order.waiting_records(P0, 6) == 0
