"""Losses of the training, and the choice of the number format."""

import timeit
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.networks.nets import Net
from training.recipes import Recipe
from training.rows.examples import UNKNOWN

Targets = Mapping[str, NDArray[np.int64]]
Objective = Callable[[Net, Tensor, Targets], Tensor]
"""Returns the loss of a network on inputs with known answers, as a scalar tensor."""

_TRIES = 20
_WORTH_IT = 1.2
"""Least gain of bfloat16; a smaller one is noise, and a resumed training must choose as before."""


def objective_of(recipe: Recipe) -> Objective:
    """Return the loss of a recipe."""

    def objective(net: Net, inputs: Tensor, targets: Targets) -> Tensor:
        return _step_loss(net, inputs, targets, recipe)

    return objective


def _step_loss(net: Net, inputs: Tensor, targets: Targets, recipe: Recipe) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        if not recipe.consistency:
            return _loss(_floats(net(inputs)), targets, recipe.label_smoothing)
        answers = _floats(net(torch.cat((inputs, inputs))))
    twice = {name: np.concatenate((target, target)) for name, target in targets.items()}
    apart = sum(_divergence(answers[name], target) for name, target in targets.items())
    return _loss(answers, twice, recipe.label_smoothing) + recipe.consistency * apart


def _floats(answers: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: answer.float() for name, answer in answers.items()}


def _loss(answers: Mapping[str, Tensor], targets: Targets, smoothing: float) -> Tensor:
    total = torch.zeros(())
    for name, target in targets.items():
        if (target != UNKNOWN).any():
            logits, right = _flat(answers[name], target)
            total = total + nn.functional.cross_entropy(
                logits, right, ignore_index=UNKNOWN, label_smoothing=smoothing
            )
    return total


def _flat(logits: Tensor, target: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Return logits as [n, width] and targets as [n], for outputs per row and per token."""
    return logits.flatten(0, -2), torch.from_numpy(target).flatten()


def _divergence(logits: Tensor, target: NDArray[np.int64]) -> Tensor:
    """Return the symmetric KL divergence of two answers to each known target."""
    if not (target != UNKNOWN).any():
        return torch.zeros(())
    halves = [_flat(half, target) for half in logits.chunk(2)]
    first, second = (half[right != UNKNOWN].log_softmax(1) for half, right in halves)
    there = nn.functional.kl_div(first, second, reduction="batchmean", log_target=True)
    back = nn.functional.kl_div(second, first, reduction="batchmean", log_target=True)
    return (there + back) / 2.0


@cache
def has_fast_bfloat16() -> bool:
    """Return whether this machine multiplies bfloat16 faster than float32; both train equally well.

    It is measured, as CPU flags do not say: of two CPUs with `avx512_bf16`, one took 0.16 s in place of 0.35
    s for a step of MiniLM with 32 questions, the other 0.36 s in place of 0.24 s.
    """
    return _product_s(torch.float32) > _WORTH_IT * _product_s(torch.bfloat16)


def _product_s(dtype: torch.dtype) -> float:
    """Return the seconds of one matrix product of the size of MiniLM's widest layer."""
    rows, weights = torch.ones(512, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
    return min(timeit.repeat(lambda: rows @ weights.T, number=1, repeat=_TRIES))
