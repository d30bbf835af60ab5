"""Three ways to form batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.padding import arrived, bucketed, nearest, wasted_percent

messages = st.lists(st.integers(1, 100), min_size=1, max_size=600)


@given(messages)
def test_every_way_sends_every_token(lengths: list[int]) -> None:
    for way in (nearest, bucketed, arrived):
        batches = list(way(lengths))

        assert sum(useful for _, useful in batches) == sum(lengths)
        assert all(sent >= useful for sent, useful in batches)


@given(messages)
def test_nearest_lengths_waste_a_tenth_at_most(lengths: list[int]) -> None:
    assert wasted_percent(nearest(lengths)) <= 10 + 1e-9


def test_waste_is_the_share_of_all_that_is_sent() -> None:
    assert wasted_percent(iter([(100, 80), (100, 90)])) == pytest.approx(15)
