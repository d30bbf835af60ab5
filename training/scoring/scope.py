"""Scope of a model: how foreign a row is to it. Fitted on validation rows only, so any classifier has one."""

import math

import numpy as np
from numpy.typing import NDArray

from shared.repository.bundle import Scope

_KEPT = 0.95
"""Share of the validation rows with a score below one half."""


def scope_of(logits: NDArray[np.float32]) -> Scope | None:
    """Return the scope of validation rows with these logits [rows, labels].

    A row of median energy scores 0.05, one at the lowest 5 % scores 0.5. None when all rows are alike.
    """
    energy = np.logaddexp.reduce(logits.astype(np.float64), axis=1)
    middle, usual = np.quantile(energy, (1.0 - _KEPT, 0.5)).tolist()
    if usual <= middle:
        return None
    log_odds = math.log(_KEPT / (1.0 - _KEPT))
    return Scope(middle=round(middle, 4), steepness=round(log_odds / (usual - middle), 4))
