"""Keys by the time that they wait for."""

import random
from datetime import UTC, datetime, timedelta

from shared.stateful.due import DueKeys

START = datetime(2026, 3, 10, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def test_a_key_is_due_from_its_time_on_as_often_as_it_is_asked_for() -> None:
    keys = DueKeys()
    keys.wait("a", hour(2))
    keys.wait("b", hour(1))

    assert [keys.until(hour(number)) for number in (0, 1, 2, 2)] == [set(), {"b"}, {"a", "b"}, {"a", "b"}]


def test_only_the_last_time_of_a_key_counts() -> None:
    keys = DueKeys()
    keys.wait("a", hour(1))
    keys.wait("a", hour(3))
    keys.wait("b", hour(1))
    keys.wait("b", None)

    assert [keys.until(hour(number)) for number in (1, 3)] == [set(), {"a"}]


def test_many_changes_give_what_a_plain_table_gives() -> None:
    rng = random.Random(7)
    keys, table = DueKeys(), dict[str, datetime]()

    for _ in range(3000):
        key, number = f"k{rng.randrange(40)}", rng.randrange(100)
        if rng.random() < 0.2:
            keys.wait(key, None)
            table.pop(key, None)
        else:
            keys.wait(key, hour(number))
            table[key] = hour(number)
        now = hour(rng.randrange(100))

        assert keys.until(now) == {waiting for waiting, due in table.items() if due <= now}
