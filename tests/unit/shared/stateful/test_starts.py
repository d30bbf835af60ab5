"""Where a stateful service goes on, by its table's position, its group's, and the log."""

import pytest

from shared.bus.port import LostRecordsError
from shared.bus.positions import Log, Position
from shared.bus.record import Partition
from shared.stateful.starts import UNREAD, start_of

NEWS = Partition("news", 0)


def start(read: Position, log: Log, committed: Position | None = None) -> int:
    return start_of(NEWS, read, log, committed, group="alerts", changelog="alerts-changelog")


@pytest.mark.parametrize(
    ("read", "log", "expected"),
    [
        (UNREAD, Log(0, 9), 0),
        (UNREAD, Log(4, 9), 4),
        (Position(7), Log(0, 9), 7),
        (Position(9), Log(0, 9), 9),
        (Position(7, 1000), Log(0, 9, 1000), 7),
    ],
)
def test_a_position_that_fits_the_log_is_gone_on_from(read: Position, log: Log, expected: int) -> None:
    assert start(read, log) == expected


def test_records_deleted_unread_stop_the_start() -> None:
    with pytest.raises(LostRecordsError, match="offsets 3 to 5 were deleted before alerts read them"):
        start(Position(3), Log(6, 9), Position(2))


def test_a_table_without_states_whose_group_has_read_stops_at_deleted_records_too() -> None:
    with pytest.raises(LostRecordsError, match="offsets 2 to 5 were deleted"):
        start(UNREAD, Log(6, 9), Position(2))


def test_deleted_records_are_passed_over_once_the_group_has_committed_behind_them() -> None:
    assert start(Position(3), Log(6, 9), Position(6)) == 6


def test_a_table_ahead_of_its_topic_stops_the_start_and_names_the_cure() -> None:
    with pytest.raises(LostRecordsError, match=r"offset 30, but the log ends at 9.* delete alerts-changelog"):
        start(Position(31), Log(0, 9))


def test_a_topic_made_again_and_filled_past_the_table_is_told_by_the_timestamp() -> None:
    with pytest.raises(LostRecordsError, match=r"at offset 6, but another record is there now.* made again"):
        start(Position(7, 1000), Log(0, 9, 2000))


def test_a_group_beyond_the_end_stops_the_start_though_the_table_is_new() -> None:
    with pytest.raises(LostRecordsError, match="alerts goes on at offset 31, but the log ends at 9"):
        start(UNREAD, Log(0, 9), Position(31))
