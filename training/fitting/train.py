"""Training loop of all networks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from shared.errors import ConfigError
from training.fitting.adversarial import add_gradients
from training.fitting.losses import Objective, objective_of
from training.fitting.progress import Epoch, Step, best_epoch, has_stalled
from training.fitting.stopwatch import Stopwatch
from training.fitting.validate import accuracy_of
from training.networks.nets import Net
from training.recipes import Recipe
from training.rows.examples import Examples

_WINDOW_BATCHES = 50
"""Batches of text that are sorted by length together: little padding, and still a random order."""

Augment = Callable[[Tensor], Tensor]
Weights = dict[str, Tensor]


class Stateful(Protocol):
    """An object whose state can be saved and restored, as in torch."""

    def state_dict(self) -> dict[str, Any]:
        """Return everything that changes."""

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object:
        """Restore a saved state."""


def fit(
    net: Net, examples: Examples, recipe: Recipe, *, augment: Augment, objective: Objective | None = None
) -> Iterator[Step]:
    """Train `net` in place, one step per `Step` that is taken from the iterator; see `Training`."""
    return Training(net, examples, recipe, augment=augment, objective=objective).steps()


class Training:
    """A network in training and all state that changes with it.

    `objective` replaces the loss of the recipe.
    """

    def __init__(  # noqa: PLR0913 -- a net, its rows, and three things that a training may do without
        self,
        net: Net,
        examples: Examples,
        recipe: Recipe,
        *,
        augment: Augment,
        valid: Examples | None = None,
        objective: Objective | None = None,
    ) -> None:
        """Raise ConfigError when the recipe has patience, and `valid`, the rows held back, is None."""
        if recipe.patience is not None and valid is None:
            raise ConfigError("patience needs rows held back: give some, or leave it out of the recipe")
        torch.manual_seed(recipe.seed)
        self.curve: list[Epoch] = []
        self._net, self._recipe, self._augment = net, recipe, augment
        self._examples, self._valid = examples, valid
        self._random = np.random.default_rng(recipe.seed)
        self._epoch_steps = -(-len(examples) // recipe.batch_size)
        self._objective = objective or objective_of(recipe)
        self._optimizer, self._schedule = _optimizer(net, recipe, recipe.epochs * self._epoch_steps)
        self._average = _average_of(net, recipe.weight_averaging)
        self._best: Weights | None = None
        self._stopwatch = Stopwatch()

    @property
    def trained_s(self) -> float:
        """Seconds of training so far, including those before an interruption."""
        return self._stopwatch.elapsed_s

    @property
    def estimated_s(self) -> float | None:
        """Estimated seconds of the whole training; None before enough steps were timed."""
        return self._stopwatch.estimated_s

    def steps(self) -> Iterator[Step]:
        """Make one step per `Step` that is taken; after the last one the net has its final weights."""
        recipe = self._recipe
        self._stopwatch.start()
        while len(self.curve) < recipe.epochs and not has_stalled(self.curve, recipe.patience):
            for step in self._epoch():
                self._stopwatch.tick(step.number, step.count)
                yield step
        self._net.load_state_dict(self._best or self._judged().state_dict())
        self._net.eval()

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the rest of the training depends on; complete only between two epochs."""
        return {
            **{name: part.state_dict() for name, part in self._parts().items()},
            "best": self._best,
            "curve": [asdict(epoch) for epoch in self.curve],
            "torch_random": torch.get_rng_state(),
            "numpy_random": self._random.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from `state`: the same steps follow as in an uninterrupted training."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._best = state["best"]
        self.curve = [Epoch(**epoch) for epoch in state["curve"]]
        torch.set_rng_state(state["torch_random"])
        self._random.bit_generator.state = state["numpy_random"]

    def _parts(self) -> dict[str, Stateful]:
        parts: dict[str, Stateful] = {
            "net": self._net,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
            "clock": self._stopwatch,
        }
        return parts if self._average is None else {**parts, "average": self._average}

    def _epoch(self) -> Iterator[Step]:
        size, losses = self._recipe.batch_size, []
        before, count = len(self.curve) * self._epoch_steps, self._recipe.epochs * self._epoch_steps
        self._net.train()
        for batch in self._examples.batches(size, order=_mixed(self._examples, size, self._random)):
            losses.append(self._step(batch))
            is_last = len(losses) == self._epoch_steps
            ended = self._judge(float(np.mean(losses))) if is_last else None
            yield Step(before + len(losses), count, losses[-1], ended)

    def _step(self, batch: Examples) -> float:
        self._optimizer.zero_grad(set_to_none=True)
        loss = add_gradients(
            self._objective,
            self._net,
            inputs=self._augment(torch.from_numpy(batch.input_array())),
            targets=batch.targets,
            adversarial=self._recipe.adversarial,
        )
        nn.utils.clip_grad_norm_(self._net.parameters(), self._recipe.max_gradient_norm)
        self._optimizer.step()
        self._schedule.step()
        if self._average is not None:
            self._average.update_parameters(self._net)
        return loss

    def _judge(self, loss: float) -> Epoch:
        """Return the epoch that just ended; with patience, keep its weights if they are the best."""
        judged = self._judged()
        accuracy = None if self._valid is None else accuracy_of(judged, self._valid)
        epoch = Epoch(number=len(self.curve) + 1, loss=round(loss, 4), accuracy=accuracy)
        self.curve.append(epoch)
        if self._recipe.patience is not None and best_epoch(self.curve) == epoch:
            self._best = {name: weight.clone() for name, weight in judged.state_dict().items()}
        return epoch

    def _judged(self) -> Net:
        """Return the net whose answers are judged: the mean of the weights where the recipe has one."""
        return self._net if self._average is None else cast("Net", self._average.module)


def _average_of(net: Net, decay: float) -> AveragedModel | None:
    if not decay:
        return None

    @torch.no_grad()
    def move(means: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
        # Shorter at first: the mean would be that of the first weights for a thousand steps.
        kept = min(decay, (1.0 + float(steps)) / (10.0 + float(steps)))
        for mean, weight in zip(means, weights, strict=True):
            mean.lerp_(weight, 1.0 - kept)

    return AveragedModel(net, multi_avg_fn=move)


def _mixed(examples: Examples, batch_size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a random order in which neighbours have similar lengths."""
    order, lengths = random.permutation(len(examples)), examples.lengths()
    window = _WINDOW_BATCHES * batch_size
    for start in range(0, len(order), window):
        part = order[start : start + window]
        order[start : start + window] = part[np.argsort(lengths[part], kind="stable")]
    whole = len(order) // batch_size * batch_size
    batches = order[:whole].reshape(-1, batch_size)
    random.shuffle(batches)
    return np.concatenate((batches.reshape(-1), order[whole:]))


def _optimizer(
    net: Net, recipe: Recipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW with a linear warm-up of the rate, followed by a linear decay to zero."""
    groups = []
    for part, rate in ((net.body, recipe.learning_rate), (net.heads, recipe.head_learning_rate)):
        learning = [weight for weight in part.parameters() if weight.requires_grad]
        for decay, chosen in (
            (recipe.weight_decay, [weight for weight in learning if weight.ndim > 1]),
            (0.0, [weight for weight in learning if weight.ndim <= 1]),
        ):
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], fused=True)
    rise = max(1, round(recipe.warm_up_share * steps))

    def height(step: int) -> float:
        return min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, height)
