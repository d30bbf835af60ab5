"""The cost of a mixture of lengths, from the cost of some."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.lengths import anchors, mean_cost_s

lengths_of_messages = st.lists(st.integers(1, 512), min_size=1, max_size=300)


@given(lengths_of_messages)
def test_only_lengths_that_occur_are_measured(lengths: list[int]) -> None:
    found = anchors(lengths)

    assert set(found) <= set(lengths)
    assert found == sorted(set(found))
    assert 1 <= len(found) <= 8


@given(lengths_of_messages, st.floats(1e-6, 1e-3))
def test_a_cost_that_grows_with_the_length_is_found_exactly_inside(
    lengths: list[int], token_s: float
) -> None:
    known = sorted({min(lengths), max(lengths), *anchors(lengths)})

    cost_s = mean_cost_s({length: token_s * length for length in known}, lengths)

    assert cost_s == pytest.approx(token_s * sum(lengths) / len(lengths))


def test_a_length_counts_as_often_as_it_occurs() -> None:
    cost_s = mean_cost_s({10: 1.0, 20: 2.0}, [10, 10, 10, 20])

    assert cost_s == pytest.approx(1.25)


def test_longer_than_measured_costs_in_proportion() -> None:
    assert mean_cost_s({10: 1.0}, [20]) == pytest.approx(2.0)
