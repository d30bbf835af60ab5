"""The memory of a model is measured in a process of its own."""

import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the training extra is not installed")
pytest.importorskip("torch", reason="the training extra is not installed")

from training.studies.measure import peak_bytes  # noqa: E402 -- only with the extra

TABLE_BYTES = 64 * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_large_table_counts_and_the_memory_of_the_caller_does_not(tmp_path: Path) -> None:
    batches = [np.array([[1, 2, 3]], dtype=np.int32)]
    held = np.ones(2**29, dtype=np.uint8)

    small, large = (peak_bytes(a_lookup(tmp_path, rows), batches) for rows in (8, TABLE_BYTES // 4))

    assert large - small > TABLE_BYTES // 2
    assert large < held.nbytes


def a_lookup(folder: Path, rows: int) -> Path:
    """Return a model that looks ids up in a table of so many numbers."""
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
        "net",
        [helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT32, ["batch", "tokens"])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch", "tokens"])],
        [onnx.numpy_helper.from_array(np.ones(rows, dtype=np.float32), "table")],
    )
    path = folder / f"{rows}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
