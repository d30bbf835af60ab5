"""The table: what it gives back, and what it remembers of each partition."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.bus.record import Partition
from shared.errors import ConfigError, RetryableError
from shared.stateful.state import Applied, Bookmark, Due
from shared.stateful.table import StateTable
from tests.support.counting import START, Count, Counting, Noted
from tests.support.stateful import MemoryRows

PLACE = Partition(Noted.name, 0)
LATER = Due(event_time=START)


def a_table(rows: MemoryRows, **options: Any) -> StateTable[Count]:
    return StateTable(rows, rows, Counting(**options))


def state(key: str, *, offset: int = 0, partition: int = 0, **fields: Any) -> Count:
    positions = {Noted.name: Applied(offset=offset)}
    return Count(key=key, version=3, partition=partition, positions=positions, **fields)


def bookmark(offset: int, partition: int = 0) -> Bookmark:
    return Bookmark(partition=partition, positions={Noted.name: Applied(offset=offset, timestamp_ms=5)})


async def test_a_stored_state_comes_back_as_it_was() -> None:
    table = a_table(MemoryRows())

    await table.store([state("\u00c5lder", count=7)])

    assert table.get("\u00c5lder") == state("\u00c5lder", count=7)
    assert table.get("Birch") is None


async def test_a_row_is_written_into_the_partition_of_its_records() -> None:
    rows = MemoryRows()

    await a_table(rows).store([state("Alder", partition=2), state("Birch", partition=0)])

    assert [(partition, key) for partition, key, _ in rows.written] == [(2, b"Alder"), (0, b"Birch")]


async def test_waiting_states_are_known_also_after_a_recovery() -> None:
    rows = MemoryRows()
    table = a_table(rows)
    await table.store([state("Alder", due=LATER)])
    assert [found.key for found in table.waiting()] == ["Alder"]

    await table.store([state("Alder"), state("Birch", due=LATER)])
    assert [found.key for found in table.waiting()] == ["Birch"]

    rows[b"Cedar"] = state("Cedar", due=LATER).model_dump_json().encode()
    table.recovered({0})
    assert [found.key for found in table.waiting()] == ["Birch", "Cedar"]


async def test_waiting_states_are_read_once_however_often_they_are_asked_for() -> None:
    rows = MemoryRows({b"Alder": state("Alder", due=LATER).model_dump_json().encode()})
    table = a_table(rows)
    table.recovered({0})

    [first], [second] = table.waiting(), table.waiting()

    assert first == state("Alder", due=LATER)
    assert first is second is table.get("Alder")


async def test_without_a_bookmark_the_states_tell_how_far_each_partition_is() -> None:
    table = a_table(MemoryRows())
    await table.store(
        [state("Alder", offset=7), state("Birch", offset=9), state("Cedar", offset=4, partition=2)]
    )

    applied = table.recovered({0, 2})

    assert {place.number: last.offset for place, last in applied.items()} == {0: 9, 2: 4}
    assert not table.is_marked(0)


async def test_states_ahead_of_the_bookmark_are_of_a_chunk_that_is_read_again() -> None:
    rows = MemoryRows()
    table = a_table(rows)
    await table.store([state("Alder", offset=7)])
    await table.store_bookmark(bookmark(7))
    await table.store([state("Birch", offset=9)])

    applied = a_table(rows).recovered({0})

    assert applied == {PLACE: Applied(offset=7, timestamp_ms=5)}


async def test_rows_of_partitions_that_went_to_another_process_are_forgotten() -> None:
    rows = MemoryRows()
    table = a_table(rows)
    await table.store([state("Alder", partition=1, due=LATER), state("Birch")])
    await table.store_bookmark(bookmark(3, partition=1))

    table.recovered({0})

    assert list(rows) == [b"Birch"]
    assert table.waiting() == []


async def test_a_write_that_fails_can_be_tried_again() -> None:
    rows = MemoryRows()
    rows.error = ConnectionError("away")

    with pytest.raises(RetryableError, match="away"):
        await a_table(rows).store([state("Alder")])


def old(version: int) -> MemoryRows:
    value = {
        "version": version,
        "key": "Alder",
        "partition": 0,
        "total": 7,
        "positions": {Noted.name: {"offset": 4}},
    }
    return MemoryRows({b"Alder": json.dumps(value).encode()})


async def test_a_state_of_an_older_version_is_migrated() -> None:
    table = a_table(old(2))

    applied = table.recovered({0})

    migrated = table.get("Alder")
    assert migrated is not None
    assert (migrated.version, migrated.count) == (3, 7)
    assert applied == {PLACE: Applied(offset=4)}


async def test_a_state_of_a_newer_version_stops_the_start_and_names_the_cure() -> None:
    with pytest.raises(ConfigError, match=r"changelog holds states of version 4.* start the newer release"):
        a_table(old(4)).recovered({0})


async def test_a_state_that_no_release_at_hand_can_read_stops_the_start() -> None:
    with pytest.raises(ConfigError, match=r"version 1.* start the release before this one"):
        a_table(old(1)).recovered({0})


async def test_idle_keys_are_deleted_in_the_changelog_too() -> None:
    rows = MemoryRows()
    table = a_table(rows, idle_after=timedelta(hours=1))
    await table.store(
        [state("Alder", touched_at=START), state("Birch", touched_at=START + timedelta(hours=1))]
    )

    assert await table.delete_idle(0, START + timedelta(minutes=90), most=9) == 1

    assert rows.written[-1] == (0, b"Alder", None)
    assert list(rows) == [b"Birch"]
    assert await table.delete_idle(0, START + timedelta(hours=2), most=9) == 1


async def test_a_key_that_waits_for_a_time_is_not_idle() -> None:
    rows = MemoryRows()
    table = a_table(rows, idle_after=timedelta(hours=1))
    await table.store([state("Alder", touched_at=START)])
    await table.store([state("Alder", touched_at=START, due=LATER)])

    assert await table.delete_idle(0, START + timedelta(days=1), most=9) == 0

    await table.store([state("Alder", touched_at=START)])
    assert await table.delete_idle(0, START + timedelta(days=1), most=9) == 1
