"""Describes a model to Triton: a frozen value in, the text of `config.pbtxt` out, and some of it back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from shared.errors import ConfigError

HASH_PARAMETER = "preprocessing_sha256_v"
"""Followed by the version: a model may have several versions, and each its own tokenizer."""


@dataclass(frozen=True, slots=True)
class TensorConfig:
    """One input or output. `dims` leaves out the batch dimension; -1 means any length."""

    name: str
    dtype: str  # Triton's spelling: "FP32", "INT64", "STRING"
    dims: tuple[int, ...]

    def render(self) -> str:
        """Return the tensor as an element of Triton's `input` or `output` list."""
        dims = ", ".join(map(str, self.dims))
        return f'{{ name: "{self.name}" data_type: TYPE_{self.dtype} dims: [ {dims} ] }}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a model runs, in how many copies; `tensorrt` holds the options of that accelerator."""

    kind: Literal["CPU", "GPU"] = "CPU"
    instance_count: int = 1
    tensorrt: Mapping[str, str] | None = None

    def render(self) -> list[str]:
        """Return the lines of `config.pbtxt` that place the model."""
        lines = [f"instance_group {{ count: {self.instance_count} kind: KIND_{self.kind} }}"]
        if self.tensorrt is not None:
            options = " ".join(
                f'parameters {{ key: "{key}" value: "{value}" }}' for key, value in self.tensorrt.items()
            )
            accelerator = f'gpu_execution_accelerator {{ name: "tensorrt" {options} }}'
            lines.append(f"optimization {{ execution_accelerators {{ {accelerator} }} }}")
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """All that Triton must know to serve one model.

    The queue is always bounded, and has no time-out of its own: Triton's decays throughput.
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

    def render(self) -> str:
        """Return the text of `config.pbtxt`; equal configs render to equal text."""
        queue = f"default_queue_policy {{ max_queue_size: {self.max_queue_size} }}"
        delay = f"max_queue_delay_microseconds: {self.max_queue_delay_us}"
        lines = [
            f'name: "{self.name}"',
            f'backend: "{self.backend}"',
            f"max_batch_size: {self.max_batch_size}",
            *(f"input {tensor.render()}" for tensor in self.inputs),
            *(f"output {tensor.render()}" for tensor in self.outputs),
            f"dynamic_batching {{ {delay} {queue} }}",
            "version_policy { all { } }",
            *self.placement.render(),
            *(_parameter(key, value) for key, value in sorted(self.parameters.items())),
        ]
        return "\n".join(lines) + "\n"


def with_hash(text: str, version: str, digest: str | None) -> str:
    """Return a `config.pbtxt` that names this hash of a version's preprocessing, or none; all else stays."""
    key = f"{HASH_PARAMETER}{version}"
    lines = [line for line in text.splitlines() if f'"{key}"' not in line]
    if digest is not None:
        lines.append(_parameter(key, digest))
    return "\n".join(lines) + "\n"


def _parameter(key: str, value: str) -> str:
    return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'


def tensors_in(path: Path) -> tuple[list[TensorConfig], list[TensorConfig]]:
    """Return the inputs and the outputs of a `config.pbtxt`. Raises ConfigError when it can't be read."""
    try:
        config = text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise ConfigError(f"{path} can't be used ({error}); name a folder that a training wrote") from None
    return _specs(config.input), _specs(config.output)


def _specs(tensors: Iterable[Any]) -> list[TensorConfig]:
    name_of = model_config_pb2.DataType.Name
    return [
        TensorConfig(each.name, name_of(each.data_type).removeprefix("TYPE_"), tuple(each.dims))
        for each in tensors
    ]
