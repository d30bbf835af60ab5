"""Outliers move into the weights: nothing changes in float, and less is lost in int8."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

onnx = pytest.importorskip("onnx", reason="the training extra is not installed")
ort = pytest.importorskip("onnxruntime", reason="the training extra is not installed")

from training.rows.examples import Examples  # noqa: E402 -- only with the extra
from training.shrinking.smooth import Seen, best_scales, smooth  # noqa: E402

PIECES, CHANNELS, WIDTH = 40, 32, 16


def a_net(table: NDArray[np.float32]) -> Any:
    """Return a graph that multiplies the vectors of the pieces by two matrices."""
    random = np.random.default_rng(1)
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    matrices = {name: random.normal(size=(CHANNELS, WIDTH)).astype(np.float32) for name in ("left", "right")}
    output = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", "tokens", WIDTH])
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["pieces"]),
            helper.make_node("MatMul", ["pieces", "left"], ["first"], name="first"),
            helper.make_node("MatMul", ["pieces", "right"], ["second"], name="second"),
            helper.make_node("Add", ["first", "second"], ["logits"]),
        ],
        "net",
        [helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT32, ["batch", "tokens"])],
        [output],
        [array(table, "table"), *(array(matrix, name) for name, matrix in matrices.items())],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def a_table(outlier: float) -> NDArray[np.float32]:
    table = np.random.default_rng(2).normal(size=(PIECES, CHANNELS)).astype(np.float32)
    table[:, 3] *= outlier
    return table


def answers(model: Any) -> NDArray[np.float32]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"input_ids": np.arange(PIECES, dtype=np.int32)[None]})
    return np.asarray(logits, dtype=np.float32)


def rows() -> Examples:
    return Examples([np.arange(start, start + 8, dtype=np.int32) for start in range(0, PIECES, 8)], {})


def test_float_answers_stay_and_all_readers_of_an_input_share_its_scales() -> None:
    model = a_net(a_table(outlier=30.0))
    before = answers(model)

    smooth(model, [node for node in model.graph.node if node.op_type == "MatMul"], rows())

    assert answers(model) == pytest.approx(before, rel=1e-3, abs=1e-3)
    assert [node.op_type for node in model.graph.node] == ["Gather", "Mul", "MatMul", "MatMul", "Add"]


def test_an_outlier_shrinks_to_the_size_of_the_rest() -> None:
    vectors = a_table(outlier=30.0)
    matrix = np.random.default_rng(3).normal(size=(CHANNELS, WIDTH)).astype(np.float32)

    scales = best_scales(Seen(vectors, vectors.min(0), vectors.max(0)), [matrix])

    assert scales.argmax() == 3
    assert scales[3] > 2.0
    assert scales.min() == 1.0
