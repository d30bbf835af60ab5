"""Waits of live customers as one figure."""

import pytest

from benchmarks.live import percentile


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.5, 100), (100, 100), (0, 1)])
def test_so_many_percent_are_not_above_a_percentile(percent: float, expected: float) -> None:
    assert percentile(range(1, 101), percent) == expected


def test_one_value_is_every_percentile() -> None:
    assert percentile([7.0], 99) == 7.0
