"""Answers of a torch network before export."""

import numpy as np
import torch
from numpy.typing import NDArray

from training.fitting.losses import has_fast_bfloat16
from training.networks.nets import Net
from training.rows.examples import Examples
from training.scoring.evaluate import percent

_BATCH = 64

Rows = NDArray[np.float32]


def answers_of(net: Net, examples: Examples) -> dict[str, Rows]:
    """Return each output for all rows, float32 [rows, width]; `net` keeps its mode."""
    training = net.training
    net.eval()
    order = np.argsort(examples.lengths(), kind="stable")
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        parts = [
            net(torch.from_numpy(batch.input_array())) for batch in examples.batches(_BATCH, order=order)
        ]
    net.train(training)
    back = np.argsort(order, kind="stable")
    return {name: torch.cat([part[name].float() for part in parts]).numpy()[back] for name in parts[0]}


def right_percent(scores: NDArray[np.floating], target: NDArray[np.int64]) -> float:
    """Return the percentage of rows [rows, labels] with the highest score in the column `target`."""
    return percent(float((scores.argmax(1) == target).mean()))
