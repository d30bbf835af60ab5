"""What a step of training pulls down."""

import timeit
from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shared.errors import ConfigError
from training.examples import UNKNOWN
from training.nets import Net
from training.recipes import Recipe

Targets = Mapping[str, NDArray[np.int64]]
Objective = Callable[[Net, Tensor, Targets], Tensor]
"""The loss, a number, of a network on some inputs whose right answers are known."""

_TRIES = 20
_WORTH_IT = 1.2
"""Less is noise: a training that is taken up again must decide as it did before."""


def objective_of(recipe: Recipe, teacher: Net | None = None) -> Objective:
    """Return the loss that a recipe asks for; `teacher` is the averaged network.

    Raises ConfigError when the recipe wants a teacher and there is none.
    """
    if not recipe.mean_teacher:
        return partial(_own_loss, recipe=recipe)
    if teacher is None:
        raise ConfigError("mean_teacher needs the mean of the weights: set weight_averaging in the recipe")
    return partial(_taught_loss, recipe=recipe, teacher=teacher)


def _own_loss(net: Net, inputs: Tensor, targets: Targets, *, recipe: Recipe) -> Tensor:
    return _loss_of(_seen(net, inputs, recipe), targets, recipe)


def _taught_loss(net: Net, inputs: Tensor, targets: Targets, *, recipe: Recipe, teacher: Net) -> Tensor:
    answers = _seen(net, inputs, recipe)
    with torch.no_grad():
        taught = _answers(teacher, inputs)
    times = 2 if recipe.consistency else 1
    apart = sum(_distance(answers[name], torch.cat((taught[name],) * times)) for name in targets)
    return _loss_of(answers, targets, recipe) + recipe.mean_teacher * apart


def _seen(net: Net, inputs: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """Return what the net answers to each row; with R-Drop twice, one half behind the other."""
    return _answers(net, torch.cat((inputs, inputs)) if recipe.consistency else inputs)


def _answers(net: Net, inputs: Tensor) -> dict[str, Tensor]:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        return {name: answer.float() for name, answer in net(inputs).items()}


def _loss_of(answers: Mapping[str, Tensor], targets: Targets, recipe: Recipe) -> Tensor:
    if not recipe.consistency:
        return _loss(answers, targets, recipe.label_smoothing)
    twice = {name: np.concatenate((target, target)) for name, target in targets.items()}
    apart = sum(_divergence(answers[name], target) for name, target in targets.items())
    return _loss(answers, twice, recipe.label_smoothing) + recipe.consistency * apart


def _distance(logits: Tensor, taught: Tensor) -> Tensor:
    """Return KL(teacher, student), the mean over all rows or tokens."""
    said, wanted = (values.flatten(0, -2).log_softmax(1) for values in (logits, taught))
    return nn.functional.kl_div(said, wanted, reduction="batchmean", log_target=True)


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
    """Return logits [n, width] and targets [n], whether of rows or of their tokens."""
    return logits.flatten(0, -2), torch.from_numpy(target).flatten()


def _divergence(logits: Tensor, target: NDArray[np.int64]) -> Tensor:
    """Return how far the two answers to each known target lie apart, in both directions."""
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

    It is tried, as a processor's flags don't tell: of two with `avx512_bf16`, a step of MiniLM with 32
    questions took 0.16 s instead of 0.35 s on one, and 0.36 s instead of 0.24 s on the other.
    """
    return _product_s(torch.float32) > _WORTH_IT * _product_s(torch.bfloat16)


def _product_s(dtype: torch.dtype) -> float:
    """Return the seconds of one product as large as those of MiniLM's widest layer."""
    rows, weights = torch.ones(512, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
    return min(timeit.repeat(lambda: rows @ weights.T, number=1, repeat=_TRIES))
