"""Progress of a training: steps, epochs and early stopping."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One pass over the training rows, with the accuracy on held-back rows in percent."""

    number: int
    loss: float
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Progress after `number` of `count` steps, with the loss of the last one."""

    number: int
    count: int
    loss: float
    epoch: Epoch | None = None
    """The epoch that this step ended, if any."""


def best_epoch(curve: Sequence[Epoch]) -> Epoch:
    """Return the epoch of the highest accuracy, the earliest among equals."""
    return max(curve, key=lambda epoch: (epoch.accuracy or 0.0, -epoch.number))


def has_stalled(curve: Sequence[Epoch], patience: int | None) -> bool:
    """Return whether the last `patience` epochs brought no gain; False without patience."""
    return patience is not None and len(curve) > 0 and len(curve) - best_epoch(curve).number >= patience
