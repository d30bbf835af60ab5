"""Makes exported models small, and keeps their answers."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from training.nets import Net

_SMALLEST_MATRIX = 100_000
"""Values. Smaller matrices stay float: they are the heads, where rounding costs most and saves nothing."""


class Int8Embedding(nn.Module):
    """An embedding of a byte a value, with one scale a row, so that rare large rows spoil no other."""

    rows: Tensor
    scales: Tensor

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        weight = embedding.weight.detach()
        scales = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127.0
        self.register_buffer("rows", torch.round(weight / scales).to(torch.int8))
        self.register_buffer("scales", scales)

    def forward(self, ids: Tensor) -> Tensor:
        """Return float32 [..., width] for ids of any shape."""
        rows: Tensor = nn.functional.embedding(ids, self.rows).float()
        return rows * nn.functional.embedding(ids, self.scales)


def with_int8_embeddings(net: Net) -> Net:
    """Return `net` itself, its large embedding tables replaced by `Int8Embedding`."""
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Embedding) and child.weight.numel() > _SMALLEST_MATRIX:
                parent.add_module(name, Int8Embedding(child))
    return net


def with_int8_matrices(source: Path, target: Path) -> None:
    """Write `source` to `target` with its large weight matrices in int8, one scale a column.

    The defaults (one scale a matrix, eight full bits) lose accuracy: on CPUs without VNNI the sums
    of full 8-bit products overflow.
    """
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_small_products(onnx.load(source)),
        extra_options={"MatMulConstBOnly": True},
    )


def _small_products(model: onnx.ModelProto) -> list[str]:
    sizes = {weight.name: int(np.prod(weight.dims)) for weight in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type in {"MatMul", "Gemm"} and sizes.get(node.input[1], 0) < _SMALLEST_MATRIX
    ]
