"""next_batch: the oldest item and its neighbours in length, within all bounds."""

import random

from hypothesis import given
from hypothesis import strategies as st

from shared.inference.grouping import next_batch

waiting_lengths = st.lists(st.integers(1, 512), min_size=1, max_size=200)
budgets = st.integers(1, 4096)
counts = st.integers(1, 128)
shares = st.floats(0.0, 1.0)


@given(waiting_lengths, budgets, counts, shares)
def test_the_oldest_item_always_travels(
    lengths: list[int], token_budget: int, max_items: int, max_waste: float
) -> None:
    batch = next_batch(lengths, token_budget=token_budget, max_items=max_items, max_waste=max_waste)

    assert 0 in batch
    assert len(set(batch)) == len(batch)


@given(waiting_lengths, budgets, counts, shares)
def test_every_bound_is_kept_unless_the_oldest_alone_breaks_it(
    lengths: list[int], token_budget: int, max_items: int, max_waste: float
) -> None:
    batch = next_batch(lengths, token_budget=token_budget, max_items=max_items, max_waste=max_waste)

    chosen = [lengths[index] for index in batch]
    cost = len(chosen) * max(chosen)
    assert len(chosen) <= max_items
    assert cost <= token_budget or chosen == [lengths[0]]
    assert cost - sum(chosen) <= max_waste * cost


@given(waiting_lengths, counts)
def test_nobody_is_left_behind_whose_length_lies_between_two_that_travel(
    lengths: list[int], max_items: int
) -> None:
    batch = next_batch(lengths, token_budget=2048, max_items=max_items, max_waste=0.2)

    chosen = [lengths[index] for index in batch]
    left = [length for index, length in enumerate(lengths) if index not in set(batch)]
    assert not any(min(chosen) < length < max(chosen) for length in left)


@given(st.integers(1, 64), st.integers(1, 300))
def test_items_of_one_length_travel_in_the_largest_batch_allowed(length: int, count: int) -> None:
    batch = next_batch([length] * count, token_budget=1024, max_items=32, max_waste=0.0)

    assert len(batch) == min(count, 32, 1024 // length)


def test_an_item_above_the_budget_travels_alone() -> None:
    batch = next_batch([600, 599, 3], token_budget=512, max_items=64, max_waste=1.0)

    assert batch == [0]


def test_a_full_window_of_messages_costs_under_a_tenth_of_padding() -> None:
    rng = random.Random(7)
    waiting = [min(100, max(4, round(rng.lognormvariate(2.5, 0.5)))) for _ in range(5000)]
    cost = token_count = batch_count = 0

    while waiting:
        window = waiting[:256]
        batch = next_batch(window, token_budget=1024, max_items=64, max_waste=0.1)
        chosen = [window[index] for index in batch]
        cost += len(chosen) * max(chosen)
        token_count += sum(chosen)
        batch_count += 1
        waiting = [length for index, length in enumerate(waiting) if index not in set(batch)]

    assert 1 - token_count / cost < 0.1
    assert batch_count < 5000 / 20
