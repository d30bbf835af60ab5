"""How far a training is."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One pass over the training rows; the accuracy is that on the rows held back, in percent."""

    number: int
    loss: float
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`number` of `count` steps are done; `loss` is that of the last one."""

    number: int
    count: int
    loss: float
    epoch: Epoch | None = None
    """What the step ended, if it was the last one of an epoch."""


def best_epoch(curve: Sequence[Epoch]) -> Epoch:
    """Return the epoch of the highest accuracy, the earliest one among equals."""
    return max(curve, key=lambda epoch: (epoch.accuracy or 0.0, -epoch.number))


def has_stalled(curve: Sequence[Epoch], patience: int | None) -> bool:
    """Return whether the last `patience` epochs brought no gain; never where there is no patience."""
    return patience is not None and len(curve) > 0 and len(curve) - best_epoch(curve).number >= patience
