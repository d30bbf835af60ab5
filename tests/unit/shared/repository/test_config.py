"""ModelConfig: what it renders is what Triton reads."""

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from shared.errors import ConfigError
from shared.repository.config import ModelConfig, Placement, TensorConfig


def a_config(*, max_batch_size: int = 64, max_queue_size: int = 256) -> ModelConfig:
    return ModelConfig(
        name="tone",
        inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
        outputs=(TensorConfig("logits", "FP32", (3,)),),
        max_batch_size=max_batch_size,
        max_queue_size=max_queue_size,
        placement=Placement(kind="GPU", instance_count=2, tensorrt={"precision_mode": "FP16"}),
        parameters={"preprocessing_sha256_v1": "abc"},
    )


def test_triton_reads_every_field() -> None:
    read = text_format.Parse(a_config().render(), model_config_pb2.ModelConfig())

    assert (read.name, read.backend, read.max_batch_size) == ("tone", "onnxruntime", 64)
    assert [(tensor.name, tensor.data_type, list(tensor.dims)) for tensor in read.input] == [
        ("input_ids", model_config_pb2.TYPE_INT32, [-1])
    ]
    assert read.output[0].dims == [3]
    assert read.dynamic_batching.default_queue_policy.max_queue_size == 256
    assert read.dynamic_batching.default_queue_policy.default_timeout_microseconds == 0
    assert read.version_policy.HasField("all")
    assert read.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    accelerator = read.optimization.execution_accelerators.gpu_execution_accelerator[0]
    assert (accelerator.name, dict(accelerator.parameters)) == ("tensorrt", {"precision_mode": "FP16"})
    assert read.parameters["preprocessing_sha256_v1"].string_value == "abc"


@pytest.mark.parametrize("bound", ["max_batch_size", "max_queue_size"])
def test_a_bound_of_nothing_is_refused_because_triton_would_take_it_for_no_bound(bound: str) -> None:
    with pytest.raises(ConfigError, match=bound):
        a_config(**{bound: 0})
