"""Memory of the latest ids in the Python client."""

from uuid import UUID

import pytest

from clients.python.tidemill_events.seen import Seen


def test_an_id_that_was_added_is_seen() -> None:
    seen = Seen(2)

    seen.add(UUID(int=1))

    assert UUID(int=1) in seen
    assert UUID(int=2) not in seen


def test_the_oldest_id_is_forgotten_where_there_are_too_many() -> None:
    seen = Seen(2)

    for number in (1, 2, 3):
        seen.add(UUID(int=number))

    assert [number for number in (1, 2, 3) if UUID(int=number) in seen] == [2, 3]


def test_an_id_that_is_added_twice_takes_one_place() -> None:
    seen = Seen(2)

    for number in (1, 2, 2):
        seen.add(UUID(int=number))

    assert UUID(int=1) in seen


def test_a_memory_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity=0"):
        Seen(0)
