"""One training loop for every network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.examples import Examples
from training.losses import Objective, objective_of
from training.nets import Net
from training.recipes import Recipe

_WINDOW_BATCHES = 50
"""So many batches of text are sorted by length together: little padding, and still a random order."""

Augment = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is: `number` of `count` steps done, and the loss of the last one."""

    number: int
    count: int
    loss: float


def fit(
    net: Net,
    examples: Examples,
    recipe: Recipe,
    *,
    augment: Augment,
    objective: Objective | None = None,
) -> Iterator[Step]:
    """Train `net` in place, one step whenever the next `Step` is asked for.

    `objective` takes the place of the recipe's own loss.
    """
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    count = recipe.epochs * -(-len(examples) // recipe.batch_size)
    optimizer, schedule = _optimizer(net, recipe, count)
    loss_of = objective or objective_of(recipe)
    number = 0
    net.train()
    for _ in range(recipe.epochs):
        for batch in examples.batches(recipe.batch_size, order=_mixed(examples, recipe.batch_size, random)):
            loss = loss_of(net, augment(torch.from_numpy(batch.input_array())), batch.targets)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(net.parameters(), recipe.max_gradient_norm)
            optimizer.step()
            schedule.step()
            number += 1
            yield Step(number, count, float(loss.detach()))
    net.eval()


def _mixed(examples: Examples, batch_size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a random order in which neighbours have about the same length."""
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
    """AdamW; the rate rises to its height, then falls to nothing, both in a straight line."""
    groups = []
    for part, rate in ((net.body, recipe.learning_rate), (net.heads, recipe.head_learning_rate)):
        learning = [weight for weight in part.parameters() if weight.requires_grad]
        for decay, chosen in (
            (recipe.weight_decay, [weight for weight in learning if weight.ndim > 1]),
            (0.0, [weight for weight in learning if weight.ndim <= 1]),
        ):
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]])
    rise = max(1, round(recipe.warm_up_share * steps))

    def height(step: int) -> float:
        return min((step + 1) / rise, max(0.0, (steps - step) / max(1, steps - rise)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, height)
