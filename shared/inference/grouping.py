"""Choice of the waiting items that form the next batch."""

from collections.abc import Sequence


def next_batch(lengths: Sequence[int], *, token_budget: int, max_items: int, max_waste: float) -> list[int]:
    """Return the indices of the next batch: the oldest item and those nearest to its length, shortest first.

    `lengths` are those of the waiting items, oldest first, each at least 1. The cost of a batch is its item
    count times its longest length. It keeps within `token_budget` (a longer item is alone) and `max_items`,
    and at most the share `max_waste` of its cost is padding.
    """
    by_length = sorted(range(len(lengths)), key=lengths.__getitem__)
    low = high = by_length.index(0)
    total = longest = lengths[0]
    while high - low + 1 < max_items:
        count = high - low + 2
        shorter = lengths[by_length[low - 1]] if low > 0 else 0
        longer = lengths[by_length[high + 1]] if high + 1 < len(lengths) else 0
        joins_low = shorter > 0 and _fits(count, longest, total + shorter, (token_budget, max_waste))
        joins_high = longer > 0 and _fits(count, longer, total + longer, (token_budget, max_waste))
        if joins_high and (not joins_low or longer - longest <= longest - shorter):
            high, total, longest = high + 1, total + longer, longer
        elif joins_low:
            low, total = low - 1, total + shorter
        else:
            break
    return by_length[low : high + 1]


def _fits(count: int, longest: int, total: int, bounds: tuple[int, float]) -> bool:
    token_budget, max_waste = bounds
    cost = count * longest
    return cost <= token_budget and cost - total <= max_waste * cost
