"""Triton behind the port ModelServer: one long-lived gRPC channel per process.

Requests are built from tritonclient's protobuf classes, not by its client object. The cost is the same (about
250 us a call), and the raw bytes of an answer can be checked before they are read as numbers.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

from shared.errors import IntegrityError, RetryableError
from shared.inference.port import Array, Arrays, ModelSpec, TensorSpec
from shared.inference.status import classify
from shared.repository.config import TensorConfig, TritonConfig, inputs_of, outputs_of, parameters_of

_MESSAGE_BYTES = 64 * 1024 * 1024
"""Room for a batch of 64 photos of 512 x 512 pixels; a larger batch is halved until it fits."""

_CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ("grpc.max_receive_message_length", _MESSAGE_BYTES),
    # Triton restarts in seconds: gRPC's own back-off would grow to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

_DTYPES: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {
        "BOOL": np.dtype(np.bool_),
        "UINT8": np.dtype(np.uint8),
        "UINT16": np.dtype(np.uint16),
        "UINT32": np.dtype(np.uint32),
        "UINT64": np.dtype(np.uint64),
        "INT8": np.dtype(np.int8),
        "INT16": np.dtype(np.int16),
        "INT32": np.dtype(np.int32),
        "INT64": np.dtype(np.int64),
        "FP16": np.dtype(np.float16),
        "FP32": np.dtype(np.float32),
        "FP64": np.dtype(np.float64),
    }
)
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """Deadline and number of calls."""

    deadline_s: float = 10.0
    """A call without an answer after this time is repeated; Triton still finishes the first one."""

    max_in_flight: int = 8
    """Most calls at a time, over all models of the process; further ones wait."""


class TritonRunner:
    """Client of the Triton at `address`, host:port of its gRPC endpoint. Build it inside the running loop."""

    def __init__(self, address: str, *, limits: CallLimits | None = None) -> None:
        self._limits = limits or CallLimits()
        self._channel = grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)
        self._slots = asyncio.Semaphore(self._limits.max_in_flight)
        self._specs: dict[tuple[str, str], ModelSpec] = {}

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: Sequence[str]) -> Arrays:
        """Return the named outputs, rows in the order of the inputs, read-only views of the answer."""
        spec = await self._spec(model, version)
        request = _request(spec, inputs, outputs)
        async with self._slots:
            response = await self._call(self._stub.ModelInfer, request)
        row_count = len(next(iter(inputs.values())))
        return _checked(response, spec, row_count, outputs)

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return Triton's current description of the model; later calls are checked against it."""
        question = service_pb2.ModelReadyRequest(name=model, version=version)
        if not (await self._call(self._stub.ModelReady, question)).ready:
            raise RetryableError(f"model {model} version {version} is not ready")
        request = service_pb2.ModelConfigRequest(name=model, version=version)
        response = await self._call(self._stub.ModelConfig, request)
        self._specs[model, version] = _spec_of(response.config, version)
        return self._specs[model, version]

    async def canary(self, model: str, version: str) -> None:
        """Return after one real inference of one row of ones; every free length is 1."""
        spec = await self._spec(model, version)
        inputs = {
            name: np.ones((1, *(max(1, size) for size in tensor.dims)), dtype=tensor.dtype)
            for name, tensor in spec.inputs.items()
        }
        # Not through the slots: health must be able to tell a dead server from a busy worker.
        response = await self._call(self._stub.ModelInfer, _request(spec, inputs, tuple(spec.outputs)))
        answer = _checked(response, spec, 1, tuple(spec.outputs))
        if not all(np.isfinite(array).all() for array in answer.values()):
            raise IntegrityError(f"model {model} version {version} answers the canary with NaN or infinity")

    async def aclose(self) -> None:
        """Close the channel; calls in flight fail."""
        await self._channel.close()

    async def _spec(self, model: str, version: str) -> ModelSpec:
        return self._specs.get((model, version)) or await self.ready(model, version)

    async def _call(self, method: Callable[..., Awaitable[Any]], request: Any) -> Any:
        try:
            return await method(request, timeout=self._limits.deadline_s)
        except grpc.aio.AioRpcError as error:
            raise classify(error.code().name, error.details() or "") from error


def _request(spec: ModelSpec, inputs: Arrays, outputs: Sequence[str]) -> Any:
    request = service_pb2.ModelInferRequest(model_name=spec.model, model_version=spec.version)
    for name, array in inputs.items():
        expected = spec.inputs.get(name)
        if expected is None or array.dtype != expected.dtype or not _matches(array.shape[1:], expected.dims):
            raise IntegrityError(
                f"{spec.model} takes {dict(spec.inputs)}, not {name} {array.dtype} {array.shape}: "
                "the worker and the model repository are of different versions"
            )
        request.inputs.add(name=name, datatype=_NAMES[array.dtype], shape=array.shape)
        request.raw_input_contents.append(array.tobytes())
    for name in outputs:
        request.outputs.add(name=name)
    return request


def _checked(response: Any, spec: ModelSpec, row_count: int, outputs: Sequence[str]) -> Arrays:
    if response.model_version != spec.version:
        raise IntegrityError(f"{spec.model}: asked version {spec.version}, {response.model_version} answered")
    contents = response.raw_output_contents
    if len(contents) != len(response.outputs):
        raise IntegrityError(f"{spec.model}: {len(response.outputs)} outputs in {len(contents)} contents")
    answer = {
        tensor.name: _array(tensor, content, spec, row_count)
        for tensor, content in zip(response.outputs, contents, strict=True)
    }
    missing = set(outputs) - set(answer)
    if missing:
        raise IntegrityError(f"{spec.model} did not answer {sorted(missing)}")
    return answer


def _array(tensor: Any, content: bytes, spec: ModelSpec, row_count: int) -> Array:
    """Return the tensor's numbers. A server may say OK and send no bytes, as one with NumPy 2 in its stub."""
    expected = spec.outputs.get(tensor.name)
    shape = tuple(tensor.shape)
    if expected is None or _DTYPES.get(tensor.datatype) != expected.dtype:
        raise IntegrityError(f"{spec.model} answered {tensor.name} as {tensor.datatype}, not {expected}")
    if shape[:1] != (row_count,) or not _matches(shape[1:], expected.dims):
        raise IntegrityError(f"{spec.model} answered {row_count} rows of {expected} with shape {shape}")
    size_bytes = math.prod(shape) * expected.dtype.itemsize
    if len(content) != size_bytes:
        raise IntegrityError(f"{spec.model}: {tensor.name} has {len(content)} bytes, not {size_bytes}")
    return np.frombuffer(content, dtype=expected.dtype).reshape(shape)


def _matches(shape: Sequence[int], dims: Sequence[int]) -> bool:
    return len(shape) == len(dims) and all(
        wanted in {-1, size} for size, wanted in zip(shape, dims, strict=True)
    )


def _spec_of(config: TritonConfig, version: str) -> ModelSpec:
    return ModelSpec(
        model=config.name,
        version=version,
        inputs={tensor.name: _tensor_spec(config.name, tensor) for tensor in inputs_of(config)},
        outputs={tensor.name: _tensor_spec(config.name, tensor) for tensor in outputs_of(config)},
        max_batch_size=config.max_batch_size,
        parameters=parameters_of(config),
    )


def _tensor_spec(model: str, tensor: TensorConfig) -> TensorSpec:
    if tensor.dtype not in _DTYPES:
        raise IntegrityError(f"{model}: {tensor.name} is {tensor.dtype}, which is no array of numbers")
    return TensorSpec(_DTYPES[tensor.dtype], tensor.dims)
