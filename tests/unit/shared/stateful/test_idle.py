"""Keys by how long they had no event."""

from datetime import UTC, datetime, timedelta

from shared.stateful.idle import IdleKeys

START = datetime(2026, 3, 10, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def test_a_key_is_idle_when_its_newest_event_is_old_enough() -> None:
    keys = IdleKeys(timedelta(hours=3))
    keys.touch("a", hour(0))
    keys.touch("b", hour(1))
    keys.touch("a", hour(2))

    assert [keys.take(hour(number), most=9) for number in (3, 4, 5, 6)] == [[], ["b"], ["a"], []]


def test_an_older_event_makes_no_key_older() -> None:
    keys = IdleKeys(timedelta(hours=3))
    keys.touch("a", hour(2))
    keys.touch("a", hour(0))

    assert keys.take(hour(4), most=9) == []


def test_at_most_so_many_are_taken_at_a_time() -> None:
    keys = IdleKeys(timedelta(hours=3))
    for name in "abc":
        keys.touch(name, hour(0))

    assert [keys.take(hour(9), most=2), keys.take(hour(9), most=2)] == [["a", "b"], ["c"]]


def test_a_key_that_comes_back_is_known_again() -> None:
    keys = IdleKeys(timedelta(hours=3))
    keys.touch("a", hour(0))
    keys.take(hour(9), most=9)

    keys.touch("a", hour(10))

    assert [keys.take(hour(12), most=9), keys.take(hour(13), most=9)] == [[], ["a"]]
