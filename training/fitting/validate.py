"""Accuracy of a network in training on held-back rows."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.fitting.losses import has_fast_bfloat16
from training.networks.nets import Net
from training.rows.examples import UNKNOWN, Examples
from training.scoring.evaluate import percent

_BATCH = 64


def accuracy_of(net: Net, examples: Examples) -> float:
    """Return the share of right answers to `examples` in percent; the mean over the outputs.

    Leaves `net` in evaluation mode. It uses no random number, so the training is not affected.
    """
    net.eval()
    right: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in examples.targets}
    order = np.argsort(examples.lengths(), kind="stable")
    for batch in examples.batches(_BATCH, order=order):
        for name, answer in _answers(net, torch.from_numpy(batch.input_array())).items():
            if name in right:
                target = batch.targets[name]
                right[name].append((answer.argmax(-1).numpy() == target)[target != UNKNOWN])
    shares = [float(np.concatenate(marks).mean()) for marks in right.values() if sum(map(len, marks))]
    return percent(float(np.mean(shares)))


@torch.no_grad()
def _answers(net: Net, inputs: Tensor) -> dict[str, Tensor]:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        answers: dict[str, Tensor] = net(inputs)
    return answers
