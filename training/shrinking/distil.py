"""Distillation: a smaller network learns the answers of a larger one."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from shared.inference.text import Ids
from training.fitting.losses import Objective, Targets, has_fast_bfloat16
from training.networks.nets import BertClassifier, Net
from training.rows.examples import UNKNOWN, Examples

_ROW = "row"
"""Target that holds the row number, and with it the teacher's answer."""

TEMPERATURE = 2.0
"""Softens both answers, so the order of the wrong labels is learned too (Hinton et al. 2015)."""

LABEL_WEIGHT = 0.3
"""Weight of the right labels, if any; the teacher's answer has the weight 1."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to learn from, and the teacher's answers to them."""

    rows: Examples
    logits: Tensor
    """float32 [rows, labels]."""

    pooled: Tensor
    """float32 [rows, width], each of length one."""


def lesson_rows(labelled: Examples, others: Sequence[Ids]) -> Examples:
    """Return labelled rows and the unlabelled `others` as rows of a lesson."""
    unknown = np.full(len(others), UNKNOWN, dtype=np.int64)
    labels = np.concatenate((labelled.targets["logits"], unknown))
    return Examples([*labelled.inputs, *others], {"logits": labels, _ROW: np.arange(len(labels))})


def lesson_of(teacher: Net, rows: Examples) -> Lesson:
    """Return the answers of `teacher` to the rows of a lesson.

    The network must have the outputs `logits` and `pooled`.
    """
    parts = []
    order = np.argsort(rows.lengths(), kind="stable")
    teacher.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        for batch in rows.batches(_BATCH, order=order):
            answers = teacher(torch.from_numpy(batch.input_array()))
            parts.append((answers["logits"].float(), answers["pooled"].float()))
    logits, pooled = (torch.cat(part)[np.argsort(order, kind="stable")] for part in zip(*parts, strict=True))
    return Lesson(rows, logits, pooled)


def imitation(lesson: Lesson) -> Objective:
    """Return the loss of a network on the rows of `lesson`: its distance from teacher and right label.

    Hinton et al. 2015, "Distilling the Knowledge in a Neural Network". The vector is pulled to the teacher's
    too, as added intents and retrieval use it.
    """

    def objective(net: Net, inputs: Tensor, targets: Targets) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            answers = {name: answer.float() for name, answer in net(inputs).items()}
        rows = torch.from_numpy(targets[_ROW])
        apart = 1.0 - (answers["pooled"] * lesson.pooled[rows]).sum(1).mean()
        labels = torch.from_numpy(targets["logits"])
        right = LABEL_WEIGHT * _label_loss(answers["logits"], labels)
        loss: Tensor = _divergence(answers["logits"], lesson.logits[rows]) + right + apart
        return loss

    return objective


def _divergence(logits: Tensor, taught: Tensor) -> Tensor:
    """Return KL(teacher, student) at the temperature, times its square so that gradients keep their size."""
    said, wanted = ((values / TEMPERATURE).log_softmax(1) for values in (logits, taught))
    apart = nn.functional.kl_div(said, wanted, reduction="batchmean", log_target=True)
    loss: Tensor = apart * TEMPERATURE**2
    return loss


def _label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    # The mean over all rows, not over the labelled ones: a batch may have none.
    total: Tensor = nn.functional.cross_entropy(logits, labels, ignore_index=UNKNOWN, reduction="sum")
    return total / len(labels)


def student_of(teacher: BertClassifier, layers: Sequence[int]) -> BertClassifier:
    """Return a copy of `teacher` with only these of its layers, in this order (Sanh et al. 2019)."""
    student = deepcopy(teacher)
    encoder = student.body.encoder
    encoder.layer = nn.ModuleList(encoder.layer[number] for number in layers)
    student.body.config.num_hidden_layers = len(layers)
    return student
