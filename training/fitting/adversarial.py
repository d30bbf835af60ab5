"""Adversarial training: each step also sees embeddings moved in the direction that raises the loss most.

Miyato et al. 2016, "Adversarial Training Methods for Semi-Supervised Text Classification".
"""

import torch
from torch import Tensor, nn

from shared.errors import ConfigError
from shared.inference.text import PAD_ID
from training.fitting.losses import Objective, Targets
from training.networks.nets import Net

_SMALLEST_NORM = 1e-12


def add_gradients(
    objective: Objective, net: Net, *, inputs: Tensor, targets: Targets, adversarial: float
) -> float:
    """Add the gradients of one step to those of `net`, and return the loss on the unmoved rows.

    When `adversarial` is above 0, the loss on the moved rows counts as much; it takes a second pass. Raises
    ConfigError when `net` then has no word embeddings.
    """
    if not adversarial:
        return _descend(objective(net, inputs, targets))
    words = word_embeddings(net)
    seen = _Seen()
    with words.register_forward_hook(seen.keep):
        loss = _descend(objective(net, inputs, targets))
    push = push_of(seen.ids, seen.vectors, adversarial)
    with words.register_forward_hook(lambda _layer, _inputs, vectors: vectors + push):
        _descend(objective(net, inputs, targets))
    return loss


def word_embeddings(net: Net) -> nn.Embedding:
    """Return the layer that turns token ids into vectors: the first embedding of the network.

    Raises ConfigError when there is none.
    """
    layer = next((layer for layer in net.modules() if isinstance(layer, nn.Embedding)), None)
    if layer is None:
        raise ConfigError(
            f"{type(net).__name__} has no word embeddings: leave `adversarial` out of its recipe"
        )
    return layer


def push_of(ids: Tensor, vectors: Tensor, strength: float) -> Tensor:
    """Return the perturbation along the gradient of `vectors`, float32 [rows, tokens, width].

    The norm in each row is `strength` times that of the row's vectors; padding does not count.
    """
    if vectors.grad is None:
        raise ValueError("the vectors have no gradient yet: go backward first")
    row_norm = (vectors.detach() * (ids != PAD_ID).unsqueeze(-1)).norm(dim=(1, 2), keepdim=True)
    gradient_norm = vectors.grad.norm(dim=(1, 2), keepdim=True).clamp(min=_SMALLEST_NORM)
    push: Tensor = strength * row_norm * vectors.grad / gradient_norm
    return push


class _Seen:
    """Input and output of an embedding layer; the output has its gradient after the backward pass."""

    ids: Tensor
    vectors: Tensor

    def keep(self, _layer: nn.Module, inputs: tuple[Tensor, ...], vectors: Tensor) -> Tensor:
        # A frozen layer gives vectors that nothing asks a gradient of.
        self.vectors = vectors if vectors.requires_grad else vectors.detach().requires_grad_()
        self.vectors.retain_grad()
        self.ids = inputs[0]
        return self.vectors


def _descend(loss: Tensor) -> float:
    torch.autograd.backward(loss)
    return float(loss.detach())
