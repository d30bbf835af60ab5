"""Each partition's records one after the other, however they are delivered."""

import pytest

from shared.stateful.order import Order, Turn


def an_order(next_offset: int) -> Order:
    """Return an order that expects this offset in partition 0."""
    order = Order()
    order.begin({0: next_offset})
    return order


def test_the_next_record_is_taken_and_then_the_one_after_it() -> None:
    order = an_order(5)

    assert order.turn(0, 5) is Turn.NOW
    order.go_on_at(0, 6, epoch=order.epoch)
    assert order.turn(0, 6) is Turn.NOW


def test_whether_a_gap_holds_records_is_for_kafka_to_say() -> None:
    assert an_order(5).turn(0, 72) is Turn.BEHIND_GAP


@pytest.mark.parametrize("first", [72, 80])
def test_a_record_behind_a_gap_without_records_is_taken_at_once(first: int) -> None:
    order = an_order(5)

    assert order.turn_after(0, 72, first=first, epoch=order.epoch) is Turn.NOW
    assert order.next_offset(0) == 72


def test_a_record_behind_skipped_ones_waits_for_the_first_of_them() -> None:
    order = an_order(5)

    assert order.turn_after(0, 72, first=7, epoch=order.epoch) is Turn.EARLY
    assert order.next_offset(0) == 7


def test_kafka_is_asked_once_about_skipped_records() -> None:
    order = an_order(5)
    order.turn_after(0, 72, first=7, epoch=order.epoch)

    order.seek_due(0, 10.0)

    assert order.turn(0, 73) is Turn.EARLY


def test_kafka_is_asked_again_about_the_next_gap() -> None:
    order = an_order(5)
    order.seek_due(0, 10.0)

    order.go_on_at(0, 6, epoch=order.epoch)

    assert order.turn(0, 8) is Turn.BEHIND_GAP


def test_an_answer_that_comes_late_moves_nothing_back() -> None:
    order = an_order(9)

    order.go_on_at(0, 7, epoch=order.epoch)

    assert order.next_offset(0) == 9


def test_nothing_follows_from_an_answer_that_a_recovery_overtook() -> None:
    order = an_order(5)
    epoch = order.epoch
    order.begin({0: 3})

    assert order.turn_after(0, 72, first=72, epoch=epoch) is Turn.BEHIND_GAP
    assert order.next_offset(0) == 3


def test_what_was_sought_before_a_recovery_is_forgotten() -> None:
    order = an_order(5)
    order.seek_due(0, 10.0)

    order.begin({0: 5})

    assert order.turn(0, 72) is Turn.BEHIND_GAP


def test_a_record_that_comes_again_is_known() -> None:
    assert an_order(5).turn(0, 4) is Turn.BEFORE


def test_a_partition_never_read_begins_at_its_beginning() -> None:
    assert an_order(5).turn(1, 0) is Turn.NOW


def test_partitions_do_not_disturb_each_other() -> None:
    order = Order()
    order.begin({0: 5, 1: 9})

    order.go_on_at(0, 6, epoch=order.epoch)

    assert (order.next_offset(0), order.next_offset(1)) == (6, 9)


def test_a_record_that_a_recovery_overtook_is_applied_again() -> None:
    order = an_order(5)
    epoch = order.epoch
    order.begin({0: 5})

    order.go_on_at(0, 6, epoch=epoch)

    assert order.turn(0, 5) is Turn.NOW


def test_many_early_records_ask_for_one_seek() -> None:
    order = an_order(5)

    assert [order.seek_due(0, now_s) for now_s in (10.0, 10.1, 11.9, 12.1)] == [True, False, False, True]


def test_a_gap_after_a_mended_one_is_sought_at_once() -> None:
    order = an_order(5)
    order.seek_due(0, 10.0)

    order.go_on_at(0, 6, epoch=order.epoch)

    assert order.seek_due(0, 10.1)


def test_a_partition_that_went_to_another_worker_is_known_by_the_next_beginning() -> None:
    order = an_order(5)
    assert order.has(0)

    order.begin({1: 7})

    assert not order.has(0)
