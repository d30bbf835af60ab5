"""Decisions over a chunk: what its events see of each other, of time, and of what was applied before."""

from datetime import timedelta

import pytest

from shared.bus.received import Received
from shared.bus.record import Partition
from shared.errors import RejectedError
from shared.events.headers import new_trace
from shared.stateful.chunk import Chunk
from tests.support.counting import REFUSED, START, Count, Counted, Counting, Noted, Traded, note, record
from tests.support.stateful import Desk, done


def a_desk(idle_after: timedelta | None = None) -> Desk[Count]:
    return Desk(Counting(idle_after), Noted)


def counts(desk: Desk[Count]) -> list[tuple[str, int]]:
    """Return what was told: company and count, 0 for a quiet one."""
    return [(event.company, event.count) for event in desk.told if isinstance(event, Counted)]


def test_events_of_one_key_in_a_chunk_see_the_state_of_each_other() -> None:
    desk = a_desk()

    desk.read_chunk(record(note(number, "Alder"), number) for number in range(3))

    assert counts(desk) == [("Alder", 1), ("Alder", 2), ("Alder", 3)]
    assert desk.state("Alder").count == 3


def test_each_key_of_a_chunk_is_stored_once_and_each_partition_marked_once() -> None:
    desk = a_desk()

    desk.read_chunk(record(note(number, "Alder"), number) for number in range(3))

    assert [key for _, key, _ in desk.rows.written] == [b"Alder", b"\x000"]


def test_chunks_of_any_size_give_the_same_events() -> None:
    records = [record(note(n, f"Company {n % 3}", minute=25 * n), n) for n in range(20)]
    straight = a_desk()
    straight.read(records)

    for size in (2, 7, 20):
        desk = a_desk()
        for start in range(0, len(records), size):
            desk.read_chunk(records[start : start + size])

        assert desk.told == straight.told


@pytest.mark.parametrize("stored", range(5))
def test_a_chunk_that_falls_while_it_stores_is_replayed_with_the_same_events(stored: int) -> None:
    records = [record(note(n, f"Company {n % 4}", minute=25 * n), n) for n in range(12)]
    straight = a_desk()
    straight.read_chunk(records)
    desk = a_desk()
    done(desk.table.store_bookmark(desk.table.bookmark(0)))
    chunk = desk.decide(records)
    done(desk.table.store(chunk.states[:stored]))
    assert desk.table.recovered({0}) == {}

    desk.read_chunk(records)

    assert set(desk.told) == set(straight.told)
    assert [desk.state(f"Company {n}") for n in range(4)] == [
        straight.state(f"Company {n}") for n in range(4)
    ]


def test_a_record_that_comes_again_changes_nothing() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder"), 4)])

    desk.read([record(note(1, "Alder"), 4)])

    assert counts(desk) == [("Alder", 1)]


def test_offsets_of_another_topic_are_not_compared() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder"), 4)])

    chunk = Chunk(Counting(), desk.table)
    traded = Traded.model_validate(note(2, "Alder").model_dump())
    chunk.apply(Received(traded, Partition(Traded.name, 0), 0, 1000, new_trace()))

    [state] = chunk.states
    assert state.count == 2
    assert {topic: last.offset for topic, last in state.positions.items()} == {Noted.name: 4, Traded.name: 0}


def test_offsets_of_another_partition_are_not_compared() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder"), 1000)])

    desk.read([record(note(2, "Alder"), 0, partition=3)])

    assert counts(desk) == [("Alder", 1), ("Alder", 2)]


def test_the_time_of_another_key_wakes_a_state_that_waits_for_it() -> None:
    desk = a_desk()

    desk.read([record(note(1, "Alder"), 0), record(note(2, "Birch", minute=59), 1)])
    desk.read([record(note(3, "Birch", minute=61), 2), record(note(4, "Birch", minute=90), 3)])

    assert counts(desk) == [("Alder", 1), ("Birch", 1), ("Alder", 0), ("Birch", 2), ("Birch", 3)]


def test_the_time_of_another_partition_wakes_nobody() -> None:
    desk = a_desk()

    desk.read([record(note(1, "Alder"), 0), record(note(2, "Birch", minute=61), 1, partition=1)])

    assert counts(desk) == [("Alder", 1), ("Birch", 1)]


def test_a_refused_event_wakes_nobody_and_is_passed_over() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder"), 0)])

    with pytest.raises(RejectedError):
        desk.read([record(note(2, "Birch", minute=61, text=REFUSED), 1)])

    assert counts(desk) == [("Alder", 1)]


def test_the_clock_wakes_a_state_once_and_tells_the_time_that_the_state_had_named() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder", text="wait 5"), 0)])

    told = []
    for minute in (4, 7, 9):
        chunk = Chunk(Counting(), desk.table)
        told.append(chunk.pass_clock(START + timedelta(minutes=minute)))
        done(desk.table.store(chunk.states))

    assert [len(events) for events in told] == [0, 1, 0]
    assert told[1][0].occurred_at == START + timedelta(minutes=5)


def test_the_clock_wakes_a_state_again_with_the_same_event_when_it_was_not_stored() -> None:
    desk = a_desk()
    desk.read([record(note(1, "Alder", text="wait 5"), 0)])

    first, second = (Chunk(Counting(), desk.table).pass_clock(START + timedelta(hours=n)) for n in (1, 2))

    assert first == second != []


def test_an_idle_key_counts_as_new_before_it_is_deleted() -> None:
    desk = a_desk(idle_after=timedelta(days=1))

    desk.read([record(note(1, "Alder"), 0), record(note(2, "Birch", minute=61), 1)])
    desk.read([record(note(3, "Alder", minute=24 * 60), 2)])

    assert counts(desk)[-1] == ("Alder", 1)
