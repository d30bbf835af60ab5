"""The loss of a step: what the averaged network adds to it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training extra is not installed")

from torch import Tensor, nn  # noqa: E402 -- from here on only with the extra

from shared.errors import ConfigError  # noqa: E402
from training.examples import UNKNOWN  # noqa: E402
from training.losses import objective_of  # noqa: E402
from training.nets import Net  # noqa: E402
from training.recipes import Recipe  # noqa: E402

RECIPE = Recipe(epochs=1, batch_size=4, learning_rate=0.1, head_learning_rate=0.1, mean_teacher=1.0)
TARGETS = {"topic": np.array([0, 1, UNKNOWN]), "tone": np.array([UNKNOWN, UNKNOWN, UNKNOWN])}


class TwoHeads(Net):
    """Two linear heads on three numbers."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.body = nn.Identity()
        self.heads = nn.ModuleDict({name: nn.Linear(3, 2) for name in TARGETS})

    def outputs(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits of each head for float32 [batch, 3]."""
        return {name: head(inputs) for name, head in self.heads.items()}


def loss(
    net: Net, recipe: Recipe, teacher: Net | None, targets: Mapping[str, np.ndarray] = TARGETS
) -> Tensor:
    torch.manual_seed(5)
    return objective_of(recipe, teacher)(net, torch.randn(3, 3), targets)


@pytest.mark.parametrize("consistency", [0.0, 1.0])
def test_rows_that_only_another_output_knows_teach_by_what_the_average_says(consistency: float) -> None:
    net, teacher, recipe = TwoHeads(1), TwoHeads(2), replace(RECIPE, consistency=consistency)

    loss(net, recipe, teacher).backward()  # type: ignore[no-untyped-call]  # torch left its type out

    gradient = net.get_parameter("heads.tone.weight").grad
    assert gradient is not None
    assert gradient.abs().sum() > 0
    assert all(weight.grad is None for weight in teacher.parameters())


def test_who_answers_as_the_average_learns_only_from_labels() -> None:
    net = TwoHeads(1)

    plain, taught = (
        loss(net, recipe, TwoHeads(1)).item() for recipe in (replace(RECIPE, mean_teacher=0.0), RECIPE)
    )

    assert taught == pytest.approx(plain)


def test_a_teacher_without_averaged_weights_is_refused() -> None:
    with pytest.raises(ConfigError, match="set weight_averaging"):
        objective_of(RECIPE)
