"""How soon a part that failed is started again."""

from itertools import accumulate

from deploy.local.keeper import PAUSES_S, STEADY_S, failures_in_a_row, pause_s


def pauses_s(*ready_for_s: float) -> list[float]:
    """Return the pause after each life of a part that was ready for so long in each."""
    counts = list(
        accumulate(ready_for_s, lambda before, s: failures_in_a_row(before, ready_for_s=s), initial=0)
    )
    return [pause_s(count) for count in counts[1:]]


def test_a_part_that_fails_again_and_again_waits_longer_and_longer_but_never_very_long() -> None:
    assert pauses_s(*[1.0] * 8) == [*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]]


def test_a_part_that_never_was_ready_counts_as_failed_however_long_it_tried() -> None:
    assert pauses_s(float("-inf"), float("-inf")) == list(PAUSES_S[:2])


def test_a_part_that_was_ready_for_a_while_is_started_again_at_once() -> None:
    assert pauses_s(1.0, 1.0, STEADY_S + 1.0, 1.0) == [*PAUSES_S[:2], *PAUSES_S[:2]]
