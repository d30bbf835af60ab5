"""Triton's description of a model: `config.pbtxt`, read and written by protobuf's text format.

This is the only module that imports `model_config_pb2`. Others take the parsed message from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from shared.errors import ConfigError
from shared.files import write_whole

CONFIG_FILE = "config.pbtxt"
CONFIGS_FOLDER = "configs"
"""Holds alternatives of `config.pbtxt`; Triton's `--model-config-name` chooses one."""

TritonConfig: TypeAlias = Any
"""A `ModelConfig` message of Triton; its class has no type information."""


def hash_parameter(version: str) -> str:
    """Return the parameter that holds the preprocessing hash of one version.

    The versions of a model share a config, and each has a tokenizer of its own.
    """
    return f"preprocessing_sha256_v{version}"


@dataclass(frozen=True, slots=True)
class TensorConfig:
    """One input or output. `dims` leaves out the batch dimension; -1 means any length."""

    name: str
    dtype: str  # Triton's spelling: "FP32", "INT64", "STRING"
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The device of a model and its instance count; `tensorrt` holds the options of that accelerator."""

    kind: Literal["CPU", "GPU"] = "CPU"
    instance_count: int = 1
    tensorrt: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Settings of one model in Triton.

    The queue is always bounded. It has no time-out: Triton's lowers throughput for good.
    """

    name: str
    inputs: tuple[TensorConfig, ...]
    outputs: tuple[TensorConfig, ...]
    max_batch_size: int
    backend: str = "onnxruntime"
    max_queue_size: int = 256
    max_queue_delay_us: int = 0
    placement: Placement = Placement()
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse bounds that Triton would read as "unbounded".

        Raises ConfigError naming the field.
        """
        for bound in ("max_batch_size", "max_queue_size"):
            if getattr(self, bound) < 1:
                raise ConfigError(f"{self.name}: {bound} is {getattr(self, bound)}, need at least 1")

    def message(self) -> TritonConfig:
        """Return the config as Triton's message. All versions of the model are served."""
        config = model_config_pb2.ModelConfig(
            name=self.name, backend=self.backend, max_batch_size=self.max_batch_size
        )
        config.version_policy.all.SetInParent()
        for tensors, repeated in ((self.inputs, config.input), (self.outputs, config.output)):
            for tensor in tensors:
                repeated.add(name=tensor.name, data_type=f"TYPE_{tensor.dtype}", dims=tensor.dims)
        config.dynamic_batching.max_queue_delay_microseconds = self.max_queue_delay_us
        config.dynamic_batching.default_queue_policy.max_queue_size = self.max_queue_size
        _place(config, self.placement)
        for key, value in self.parameters.items():
            config.parameters[key].string_value = value
        return config


def _place(config: TritonConfig, placement: Placement) -> None:
    config.instance_group.add(count=placement.instance_count, kind=f"KIND_{placement.kind}")
    if placement.tensorrt is not None:
        accelerators = config.optimization.execution_accelerators.gpu_execution_accelerator
        accelerators.add(name="tensorrt", parameters=placement.tensorrt)


def config_text(config: TritonConfig) -> str:
    """Return a config as text; equal configs have equal text."""
    text: str = text_format.MessageToString(config, use_short_repeated_primitives=True, as_utf8=True)
    return text


def read_config(path: Path) -> TritonConfig:
    """Return the config in a file. Raises ConfigError when it can't be read."""
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{path} can't be used ({error}); name a folder that a training wrote") from None


def write_config(config: TritonConfig, path: Path) -> None:
    """Write a config in place of the file at `path`; a reader sees the old or the new one, whole."""
    write_whole(path, config_text(config).encode())


def config_files(model: Path) -> list[Path]:
    """Return the configs in a model's folder: its own, then the alternatives."""
    return [model / CONFIG_FILE, *sorted((model / CONFIGS_FOLDER).glob("*.pbtxt"))]


def set_hash(config: TritonConfig, version: str, digest: str | None) -> None:
    """Give one version this preprocessing hash in `config`; None takes the parameter out."""
    key = hash_parameter(version)
    if digest is None:
        config.parameters.pop(key, None)
    else:
        config.parameters[key].string_value = digest


def use_plain_batching(config: TritonConfig) -> None:
    """Take away the settings of the dynamic batcher; a model without one still has none."""
    if config.HasField("dynamic_batching"):
        config.ClearField("dynamic_batching")
        config.dynamic_batching.SetInParent()


def parameters_of(config: TritonConfig) -> dict[str, str]:
    """Return the parameters of a config, such as preprocessing hashes and thread counts."""
    return {key: value.string_value for key, value in config.parameters.items()}


def inputs_of(config: TritonConfig) -> list[TensorConfig]:
    """Return the inputs of a config, in its order."""
    return _tensors(config.input)


def outputs_of(config: TritonConfig) -> list[TensorConfig]:
    """Return the outputs of a config, in its order."""
    return _tensors(config.output)


def _tensors(tensors: Iterable[Any]) -> list[TensorConfig]:
    name_of = model_config_pb2.DataType.Name
    return [
        TensorConfig(each.name, name_of(each.data_type).removeprefix("TYPE_"), tuple(each.dims))
        for each in tensors
    ]
