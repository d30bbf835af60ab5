"""Smoothing before quantisation: outlier channels of activations shrink, and weights grow in return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from training.rows.examples import Examples

_SHARES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
"""Candidates for each input: channels above this quantile shrink to it; 1 leaves all as they are."""

_BATCH = 16
_EVERY = 8
"""Stride of the vectors that are kept to try scales: about 1,500 from 512 short texts."""

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """Activations at one input of products: sample vectors, and the range of each channel."""

    vectors: Values
    lowest: Values
    highest: Values


def smooth(model: onnx.ModelProto, products: Sequence[onnx.NodeProto], rows: Examples) -> None:
    """Divide the inputs of `products` by a scale per channel, and multiply their weights by it, in place.

    Float answers stay the same; rounded ones come nearer to them, as one scale then fits all channels. The
    idea is SmoothQuant's (Xiao et al. 2023), but only outliers move, and their number is tried for each
    input.
    """
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in products:
        readers.setdefault(node.input[0], []).append(node)
    weights = {each.name: each for each in model.graph.initializer}
    seen = _seen(model, list(readers), rows)
    for name, nodes in readers.items():
        matrices = [numpy_helper.to_array(weights[node.input[1]]) for node in nodes]
        scales = best_scales(seen[name], matrices)
        if scales.max() > 1.0:
            _divide(model.graph, name, nodes, scales)
            for node, matrix in zip(nodes, matrices, strict=True):
                scaled = numpy_helper.from_array(scales[:, None] * matrix, node.input[1])
                weights[node.input[1]].CopyFrom(scaled)


def best_scales(seen: Seen, matrices: Sequence[Values]) -> Values:
    """Return the scales, float32 [channels], each at least one, with the least error of rounded products."""
    size = np.maximum(-seen.lowest, seen.highest)
    limits = np.maximum(np.quantile(size, _SHARES), 1e-8)
    tried = [np.maximum(size / limit, 1.0).astype(np.float32) for limit in limits]
    return min(tried, key=lambda scales: _error(seen, matrices, scales))


def _error(seen: Seen, matrices: Sequence[Values], scales: Values) -> float:
    """Return the error of the rounded products as a share of the variance of the exact ones."""
    low, high = min(0.0, float((seen.lowest / scales).min())), float((seen.highest / scales).max())
    step = max(high - low, 1e-8) / 255.0
    rounded = step * np.round(seen.vectors / scales / step)
    apart = 0.0
    for matrix in matrices:
        exact = seen.vectors @ matrix
        said = rounded @ _rounded(scales[:, None] * matrix)
        apart += float(np.square(said - exact).mean() / exact.var())
    return apart


def _rounded(matrix: Values) -> Values:
    """Return `matrix` rounded to seven bits per value, with one scale per column."""
    steps = np.maximum(np.abs(matrix).max(0), 1e-8) / 64.0
    rounded: Values = np.round(matrix / steps) * steps
    return rounded


def _seen(model: onnx.ModelProto, names: Sequence[str], rows: Examples) -> Mapping[str, Seen]:
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    del watched.graph.output[:]
    kinds = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names]
    watched.graph.output.extend(kinds)
    session = ort.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = session.get_inputs()[0].name
    parts: dict[str, list[Seen]] = {name: [] for name in names}
    for batch in rows.batches(_BATCH, order=np.argsort(rows.lengths(), kind="stable")):
        for name, values in zip(names, session.run(names, {feed: batch.input_array()}), strict=True):
            vectors = values.reshape(-1, values.shape[-1])
            parts[name].append(Seen(vectors[::_EVERY], vectors.min(0), vectors.max(0)))
    return {name: _together(part) for name, part in parts.items()}


def _together(parts: Sequence[Seen]) -> Seen:
    return Seen(
        np.concatenate([part.vectors for part in parts]),
        np.min([part.lowest for part in parts], axis=0),
        np.max([part.highest for part in parts], axis=0),
    )


def _divide(graph: onnx.GraphProto, name: str, nodes: Sequence[onnx.NodeProto], scales: Values) -> None:
    factors, divided = f"{name}_factors", f"{name}_smooth"
    graph.initializer.append(numpy_helper.from_array((1.0 / scales).astype(np.float32), factors))
    place = min(list(graph.node).index(node) for node in nodes)
    graph.node.insert(place, helper.make_node("Mul", [name, factors], [divided], name=divided))
    for node in nodes:
        node.input[0] = divided
