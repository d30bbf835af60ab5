"""A figure and its goal."""

import pytest

from benchmarks.measure import Goal, Measure, Verdict, ratio


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal(at_least=0.85), 0.85, Verdict.PASS),
        (Goal(at_least=0.85), 0.84, Verdict.MISSED),
        (Goal(at_most=350), 350, Verdict.PASS),
        (Goal(at_most=350), 351, Verdict.MISSED),
        (Goal(), 1, Verdict.NO_GOAL),
    ],
)
def test_a_goal_is_kept_up_to_its_bound(goal: Goal, value: float, verdict: Verdict) -> None:
    measure = Measure(name="any", unit="x", rounds=(value,), goal=goal)

    assert measure.verdict is verdict


def test_one_odd_round_does_not_count() -> None:
    measure = Measure(name="any", unit="x", rounds=(0.9, 0.1, 1.0), goal=Goal(at_least=0.85))

    assert measure.value == 0.9
    assert measure.verdict is Verdict.PASS


def test_a_ratio_compares_round_by_round() -> None:
    measure = ratio("any", [80, 30], [100, 40], goal=Goal(), facts={})

    assert measure.rounds == (0.8, 0.75)
