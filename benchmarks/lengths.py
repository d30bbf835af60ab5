"""Sample of text lengths, and the mean cost of a mixture of lengths."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

# Where in the sorted lengths to measure: dense where the messages are, and at both ends.
SHARES = (0.01, 0.2, 0.45, 0.7, 0.85, 0.94, 0.98, 0.995)


def anchors(lengths: Sequence[int]) -> list[int]:
    """Return up to eight of the lengths, ascending, at which costs are measured."""
    ordered = sorted(lengths)
    return sorted({ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in SHARES})


def mean_cost_s(cost_s: Mapping[int, float], lengths: Sequence[int]) -> float:
    """Return the mean cost of a row for `lengths`; `cost_s` holds the cost of some of them.

    Between two measured lengths the cost is interpolated; beyond the ends it is proportional to the length.
    """
    known = sorted(cost_s)
    points = [0, *known, 10 * known[-1]]
    costs = [cost_s[known[0]] / 2, *(cost_s[length] for length in known), 10 * cost_s[known[-1]]]
    counted = Counter(lengths)
    each = np.interp(list(counted), points, costs)
    return float(np.average(each, weights=list(counted.values())))
