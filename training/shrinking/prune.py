"""Pruning: removes the least important heads and neurons of a BERT, so its matrices get smaller."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.fitting.losses import Objective
from training.networks.nets import BertClassifier
from training.rows.examples import Examples

_BATCH = 8
"""Small, as the gradients of many rows cancel each other."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One value per head and per neuron of a layer: a gate, a score, or the indices that stay."""

    heads: Tensor
    neurons: Tensor


def pruned(net: BertClassifier, kept: Sequence[Parts]) -> BertClassifier:
    """Return a copy of `net` with only the heads and neurons in `kept`, one entry per layer."""
    smaller = deepcopy(net)
    size = _head_size(net)
    for layer, parts in zip(_layers(smaller), kept, strict=True):
        channels = (parts.heads.unsqueeze(1) * size + torch.arange(size)).flatten()
        attention = layer.attention.self
        for name in ("query", "key", "value"):
            setattr(attention, name, _with_outputs(getattr(attention, name), channels))
        layer.attention.output.dense = _with_inputs(layer.attention.output.dense, channels)
        layer.intermediate.dense = _with_outputs(layer.intermediate.dense, parts.neurons)
        layer.output.dense = _with_inputs(layer.output.dense, parts.neurons)
    return smaller


def most_important(scores: Sequence[Parts], *, heads: int, neurons: int) -> list[Parts]:
    """Return the indices of the `heads` and `neurons` with the highest scores in each layer."""
    return [Parts(_best(layer.heads, heads), _best(layer.neurons, neurons)) for layer in scores]


def importance(net: BertClassifier, examples: Examples, objective: Objective) -> list[Parts]:
    """Return the first-order change of the loss when a part is removed; one entry per layer.

    It is the summed size of the gradient at a gate of one behind each part. Michel et al. 2019, "Are Sixteen
    Heads Really Better than One?"; McCarley 2019, "Pruning a BERT-based Question Answering Model".
    """
    gates = [_open_gates(net, layer) for layer in _layers(net)]
    flat = list(chain.from_iterable((gate.heads, gate.neurons) for gate in gates))
    sums = [torch.zeros_like(gate) for gate in flat]
    net.eval()
    with _gated(net, gates):
        for batch in examples.batches(_BATCH, order=np.arange(len(examples))):
            loss = objective(net, torch.from_numpy(batch.input_array()), batch.targets)
            for total, gradient in zip(sums, torch.autograd.grad(loss, flat), strict=True):
                total.add_(gradient.abs())
    return [Parts(heads, neurons) for heads, neurons in zip(sums[::2], sums[1::2], strict=True)]


def _open_gates(net: BertClassifier, layer: Any) -> Parts:
    heads = layer.attention.output.dense.in_features // _head_size(net)
    neurons = layer.output.dense.in_features
    return Parts(*(torch.ones(count, requires_grad=True) for count in (heads, neurons)))


@contextmanager
def _gated(net: BertClassifier, gates: Sequence[Parts]) -> Iterator[None]:
    """Multiply the outputs of heads and neurons by their gates."""
    with ExitStack() as hooks:
        for layer, gate in zip(_layers(net), gates, strict=True):
            hooks.enter_context(_times(layer.attention.output.dense, gate.heads, _head_size(net)))
            hooks.enter_context(_times(layer.output.dense, gate.neurons, 1))
        yield


@contextmanager
def _times(linear: nn.Linear, gate: Tensor, size: int) -> Iterator[None]:
    """Multiply the inputs of `linear` by `gate`; each value covers `size` of them."""
    hook = linear.register_forward_pre_hook(
        lambda _module, inputs: (inputs[0] * gate.repeat_interleave(size),)
    )
    try:
        yield
    finally:
        hook.remove()


def _layers(net: BertClassifier) -> list[Any]:
    """Return the encoder layers; their parts have no types in the library."""
    return list(net.body.encoder.layer)


def _head_size(net: BertClassifier) -> int:
    return int(net.body.config.hidden_size // net.body.config.num_attention_heads)


def _best(scores: Tensor, count: int) -> Tensor:
    return scores.topk(count).indices.sort().values


def _with_outputs(linear: nn.Linear, kept: Tensor) -> nn.Linear:
    return _linear(linear.weight[kept], linear.bias[kept])


def _with_inputs(linear: nn.Linear, kept: Tensor) -> nn.Linear:
    return _linear(linear.weight[:, kept], linear.bias)


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    made = nn.Linear(weight.shape[1], weight.shape[0])
    made.weight = nn.Parameter(weight.detach().clone())
    made.bias = nn.Parameter(bias.detach().clone())
    return made
