"""A measured figure with its goal."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Result of the comparison of a figure with its goal."""

    PASS = "pass"  # noqa: S105 - no password
    MISSED = "MISSED"
    NO_GOAL = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A lower or upper bound."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        """Return the bound as text, such as `>= 4`."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure: the rounds, and their median."""

    name: str
    unit: str
    rounds: tuple[float, ...]
    """In the order of measuring; at least one."""

    goal: Goal = Goal()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Details of the measurement for the JSON file."""

    @property
    def value(self) -> float:
        """Return the median."""
        return statistics.median(self.rounds)

    @property
    def verdict(self) -> Verdict:
        """Return whether the median keeps the goal."""
        if self.goal == Goal():
            return Verdict.NO_GOAL
        too_low = self.goal.at_least is not None and self.value < self.goal.at_least
        too_high = self.goal.at_most is not None and self.value > self.goal.at_most
        return Verdict.MISSED if too_low or too_high else Verdict.PASS


def ratio(
    name: str, ours: Sequence[float], reference: Sequence[float], *, goal: Goal, facts: Mapping[str, Any]
) -> Measure:
    """Return ours / reference, round by round."""
    rounds = tuple(mine / other for mine, other in zip(ours, reference, strict=True))
    return Measure(name=name, unit="x", rounds=rounds, goal=goal, facts=facts)


def rounded(values: Iterable[float]) -> list[float]:
    """Return the values rounded for the JSON file."""
    return [round(value, 1) for value in values]
