"""A stored position is checked against both sides of its log, and against the record before it."""

import pytest

from shared.bus.positions import Log, Position, Verdict, verdict


@pytest.mark.parametrize(
    ("next_offset", "expected"),
    [
        (9, Verdict.DELETED),
        (10, Verdict.INSIDE),
        (20, Verdict.INSIDE),
        (21, Verdict.BEYOND_END),
        (1_000_000, Verdict.BEYOND_END),
    ],
)
def test_a_position_is_inside_from_the_begin_to_the_end_of_its_log(
    next_offset: int, expected: Verdict
) -> None:
    found = verdict(Position(next_offset), Log(begin=10, end=20))

    assert found is expected


@pytest.mark.parametrize(
    ("stored_ms", "found_ms", "expected"),
    [
        (1_000, 1_000, Verdict.INSIDE),
        (1_000, 1_001, Verdict.REPLACED),
        (1_000, 999, Verdict.REPLACED),
        (None, 1_000, Verdict.INSIDE),
        (1_000, None, Verdict.INSIDE),
    ],
)
def test_another_timestamp_before_the_position_says_that_the_log_was_replaced(
    stored_ms: int | None, found_ms: int | None, expected: Verdict
) -> None:
    found = verdict(Position(15, stored_ms), Log(begin=10, end=20, last_timestamp_ms=found_ms))

    assert found is expected


def test_a_topic_that_was_made_again_and_is_empty_ends_before_the_position() -> None:
    found = verdict(Position(15, 1_000), Log(begin=0, end=0))

    assert found is Verdict.BEYOND_END


@pytest.mark.parametrize("last_timestamp_ms", [None, 0, 1_764_500_000_123])
def test_a_position_is_read_back_from_the_text_that_is_stored_beside_its_offset(
    last_timestamp_ms: int | None,
) -> None:
    position = Position(42, last_timestamp_ms)

    read_back = Position.stored(42, position.metadata())

    assert read_back == position


@pytest.mark.parametrize("text", ["", "moved by hand", "last_timestamp_ms=", "last_timestamp_ms=-1", "12"])
def test_text_of_other_tools_beside_an_offset_says_nothing(text: str) -> None:
    position = Position.stored(42, text)

    assert position == Position(42)
