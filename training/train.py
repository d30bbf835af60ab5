"""One training loop for every network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from shared.inference.image import Pixels
from shared.inference.text import Ids, TextEncoder, pad
from training.data import TextRows
from training.nets import Net
from training.recipes import Recipe

UNKNOWN = -100
"""The target of a row that a head learns nothing from; torch's losses skip it."""

_WINDOW_BATCHES = 50
"""So many batches of text are sorted by length together: little padding, and still a random order."""

Augment = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Examples:
    """Model inputs, and for each output the right column of each row."""

    inputs: Sequence[Ids] | Pixels
    targets: Mapping[str, NDArray[np.int64]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.inputs)

    def take(self, rows: NDArray[np.int64]) -> "Examples":
        """Return these rows only, in this order."""
        inputs = self.inputs[rows] if isinstance(self.inputs, np.ndarray) else [self.inputs[r] for r in rows]
        return Examples(inputs, {name: target[rows] for name, target in self.targets.items()})

    def split(self, share: float, seed: int) -> tuple["Examples", "Examples"]:
        """Return the rows without, and with only, a random `share` of them."""
        order = np.random.default_rng(seed).permutation(len(self))
        cut = max(1, round(share * len(self)))
        return self.take(np.sort(order[cut:])), self.take(np.sort(order[:cut]))

    def some(self, count: int, seed: int) -> "Examples":
        """Return `count` random rows; all where there are no more."""
        return self.take(np.random.default_rng(seed).permutation(len(self))[:count])

    def shortened(self, max_tokens: int) -> "Examples":
        """Return the same texts, of each the first `max_tokens` only."""
        return Examples([ids[:max_tokens] for ids in self.inputs], self.targets)

    def input_array(self) -> NDArray[np.int32] | Pixels:
        """Return all inputs as one array, text padded to the longest row."""
        if isinstance(self.inputs, np.ndarray):
            return self.inputs
        return pad(self.inputs, max(len(row) for row in self.inputs))

    def batches(self, size: int, *, order: NDArray[np.int64]) -> Iterator["Examples"]:
        """Yield the rows of `order` in pieces of at most `size`."""
        for start in range(0, len(order), size):
            yield self.take(order[start : start + size])

    def lengths(self) -> NDArray[np.int64]:
        """Return the tokens of each row; images are all alike."""
        if isinstance(self.inputs, np.ndarray):
            return np.ones(len(self), dtype=np.int64)
        return np.array([len(row) for row in self.inputs], dtype=np.int64)


def text_examples(tokenizer: Tokenizer, max_tokens: int, rows: Mapping[str, TextRows]) -> Examples:
    """Return the rows of all outputs together; each row is `UNKNOWN` to the other outputs."""
    encoder = TextEncoder(tokenizer, max_tokens=max_tokens)
    inputs = [ids for part in rows.values() for ids in encoder.encode_batch(part.texts)]
    targets = {name: np.full(len(inputs), UNKNOWN, dtype=np.int64) for name in rows}
    start = 0
    for name, part in rows.items():
        targets[name][start : start + len(part.labels)] = part.labels
        start += len(part.labels)
    return Examples(inputs, targets)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is: `number` of `count` steps done, and the loss of the last one."""

    number: int
    count: int
    loss: float


def fit(net: Net, examples: Examples, recipe: Recipe, *, augment: Augment) -> Iterator[Step]:
    """Train `net` in place, one step whenever the next `Step` is asked for."""
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    count = recipe.epochs * -(-len(examples) // recipe.batch_size)
    optimizer, schedule = _optimizer(net, recipe, count)
    number = 0
    net.train()
    for _ in range(recipe.epochs):
        for batch in examples.batches(recipe.batch_size, order=_mixed(examples, recipe.batch_size, random)):
            loss = _step_loss(net, augment(torch.from_numpy(batch.input_array())), batch.targets, recipe)
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


def _step_loss(net: Net, inputs: Tensor, targets: Mapping[str, NDArray[np.int64]], recipe: Recipe) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        if not recipe.consistency:
            return _loss(_floats(net(inputs)), targets, recipe.label_smoothing)
        answers = _floats(net(torch.cat((inputs, inputs))))
    twice = {name: np.concatenate((target, target)) for name, target in targets.items()}
    apart = sum(_divergence(answers[name], target) for name, target in targets.items())
    return _loss(answers, twice, recipe.label_smoothing) + recipe.consistency * apart


def _floats(answers: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: answer.float() for name, answer in answers.items()}


def _loss(
    answers: Mapping[str, Tensor], targets: Mapping[str, NDArray[np.int64]], smoothing: float
) -> Tensor:
    total = torch.zeros(())
    for name, target in targets.items():
        known = torch.from_numpy(target)
        if (target != UNKNOWN).any():
            total = total + nn.functional.cross_entropy(
                answers[name], known, ignore_index=UNKNOWN, label_smoothing=smoothing
            )
    return total


def _divergence(logits: Tensor, target: NDArray[np.int64]) -> Tensor:
    """Return how far the two answers to each row with a known target lie apart, in both directions."""
    known = torch.from_numpy(target != UNKNOWN)
    if not known.any():
        return torch.zeros(())
    first, second = (half[known].log_softmax(1) for half in logits.chunk(2))
    there = nn.functional.kl_div(first, second, reduction="batchmean", log_target=True)
    back = nn.functional.kl_div(second, first, reduction="batchmean", log_target=True)
    return (there + back) / 2.0


@cache
def has_fast_bfloat16() -> bool:
    """Return whether this CPU multiplies bfloat16 itself: twice as fast to train, and as good.

    Measured with MiniLM on banking77: 0.16 s a step of 32 rows, instead of 0.35 s in float32.
    """
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "avx512_bf16" in flags.read_text()


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
