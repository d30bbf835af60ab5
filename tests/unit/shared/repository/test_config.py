"""Triton's config: written, read, and edited in place."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.repository.config import (
    ModelConfig,
    Placement,
    TensorConfig,
    config_text,
    hash_parameter,
    inputs_of,
    outputs_of,
    parameters_of,
    read_config,
    set_hash,
    use_plain_batching,
    write_config,
)


def a_config(*, max_batch_size: int = 64, max_queue_size: int = 256) -> ModelConfig:
    return ModelConfig(
        name="tone",
        inputs=(TensorConfig("input_ids", "INT32", (-1,)),),
        outputs=(TensorConfig("logits", "FP32", (3,)),),
        max_batch_size=max_batch_size,
        max_queue_size=max_queue_size,
        placement=Placement(kind="GPU", instance_count=2, tensorrt={"precision_mode": "FP16"}),
        parameters={hash_parameter("1"): "abc"},
    )


def test_a_written_config_is_read_with_every_field(tmp_path: Path) -> None:
    write_config(a_config().message(), tmp_path / "config.pbtxt")

    read = read_config(tmp_path / "config.pbtxt")

    assert (read.name, read.backend, read.max_batch_size) == ("tone", "onnxruntime", 64)
    assert inputs_of(read) == [TensorConfig("input_ids", "INT32", (-1,))]
    assert outputs_of(read) == [TensorConfig("logits", "FP32", (3,))]
    assert read.dynamic_batching.default_queue_policy.max_queue_size == 256
    assert read.dynamic_batching.default_queue_policy.default_timeout_microseconds == 0
    assert read.version_policy.HasField("all")
    (group,) = read.instance_group
    assert (group.count, group.kind) == (2, group.KIND_GPU)
    accelerator = read.optimization.execution_accelerators.gpu_execution_accelerator[0]
    assert (accelerator.name, dict(accelerator.parameters)) == ("tensorrt", {"precision_mode": "FP16"})
    assert parameters_of(read) == {"preprocessing_sha256_v1": "abc"}


def test_equal_configs_have_equal_text_whatever_the_order_of_their_parameters() -> None:
    one, other = a_config().message(), a_config().message()

    for config, versions in ((one, "23"), (other, "32")):
        for version in versions:
            set_hash(config, version, f"hash {version}")

    assert config_text(one) == config_text(other)


def test_a_hash_is_set_replaced_and_taken_out_and_all_else_stays() -> None:
    config = a_config().message()
    before = config_text(config)

    set_hash(config, "2", "first")
    set_hash(config, "2", "second")
    with_both = parameters_of(config)
    set_hash(config, "2", None)
    set_hash(config, "3", None)

    assert with_both == {hash_parameter("1"): "abc", hash_parameter("2"): "second"}
    assert config_text(config) == before


def test_plain_batching_has_no_settings_and_the_rest_stays() -> None:
    config, unbatched = a_config().message(), a_config().message()
    unbatched.ClearField("dynamic_batching")
    expected = a_config().message()
    expected.dynamic_batching.ClearField("default_queue_policy")

    use_plain_batching(config)
    use_plain_batching(unbatched)

    assert config_text(config) == config_text(expected)
    assert "dynamic_batching {\n}\n" in config_text(config)
    assert not unbatched.HasField("dynamic_batching")


@pytest.mark.parametrize("content", [b"name: [", b"colour: 3", b"\xff"])
def test_a_file_that_is_no_config_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.pbtxt").write_bytes(content)

    with pytest.raises(ConfigError, match=r"config\.pbtxt can't be used"):
        read_config(tmp_path / "config.pbtxt")


@pytest.mark.parametrize("bound", ["max_batch_size", "max_queue_size"])
def test_a_bound_of_nothing_is_refused_because_triton_would_take_it_for_no_bound(bound: str) -> None:
    with pytest.raises(ConfigError, match=bound):
        a_config(**{bound: 0})
