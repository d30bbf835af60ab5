"""A gRPC server that answers like Triton, or unlike it, as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from tritonclient.grpc import service_pb2

from shared.repository.config import set_hash

SERVICE = "inference.GRPCInferenceService"


class StatusError(Exception):
    """Raised by an answer to end the call with a status."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


Answer = Callable[[Any], Any]
"""A ModelInferRequest in, a ModelInferResponse out, or StatusError."""


def echo(request: Any) -> Any:
    """Return each row's ids summed up, as the four numbers of `logits`, float32 [rows, 4]."""
    rows, length = request.inputs[0].shape
    ids = np.frombuffer(request.raw_input_contents[0], dtype=np.int32).reshape(rows, length)
    logits = np.repeat(ids.sum(axis=1, dtype=np.int32).astype(np.float32)[:, None], 4, axis=1)
    return response(shape=(rows, 4), content=logits.tobytes())


def response(
    *,
    shape: tuple[int, ...],
    content: bytes,
    datatype: str = "FP32",
    name: str = "logits",
    version: str = "1",
) -> Any:
    """Return a ModelInferResponse with one tensor."""
    answer = service_pb2.ModelInferResponse(model_name="echo", model_version=version)
    answer.outputs.add(name=name, datatype=datatype, shape=shape)
    answer.raw_output_contents.append(content)
    return answer


@dataclass
class FakeTriton:
    """Serves the model `echo` version 1: input_ids INT32 [-1], logits FP32 [4].

    Inferences are held while `gate` is cleared.
    """

    answer: Answer = echo
    is_ready: bool = True
    requests: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    address: str = "127.0.0.1:0"

    def __post_init__(self) -> None:
        self.gate.set()

    async def infer(self, request: Any, context: Any) -> Any:
        """Answer ModelInfer."""
        self.requests.put_nowait(request)
        await self.gate.wait()
        try:
            return self.answer(request)
        except StatusError as status:
            await context.abort(status.code, status.details)

    async def ready(self, request: Any, context: Any) -> Any:
        """Answer ModelReady."""
        if request.name != "echo":
            await context.abort(grpc.StatusCode.NOT_FOUND, f"unknown model: '{request.name}' is not found")
        return service_pb2.ModelReadyResponse(ready=self.is_ready)

    async def config(self, _request: Any, _context: Any) -> Any:
        """Answer ModelConfig."""
        answer = service_pb2.ModelConfigResponse()
        answer.config.name = "echo"
        answer.config.max_batch_size = 64
        answer.config.input.add(name="input_ids", data_type="TYPE_INT32", dims=[-1])
        answer.config.output.add(name="logits", data_type="TYPE_FP32", dims=[4])
        set_hash(answer.config, "1", "abc")
        return answer

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeTriton"]:
        """Listen at `address`, by default on a free port that it then names, while the context lasts."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._handlers(),))
        self.address = f"127.0.0.1:{server.add_insecure_port(self.address)}"
        await server.start()
        try:
            yield self
        finally:
            await server.stop(grace=None)

    def _handlers(self) -> Any:
        methods = {"ModelInfer": self.infer, "ModelReady": self.ready, "ModelConfig": self.config}
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                name: grpc.unary_unary_rpc_method_handler(
                    method,
                    request_deserializer=getattr(service_pb2, f"{name}Request").FromString,
                    response_serializer=getattr(service_pb2, f"{name}Response").SerializeToString,
                )
                for name, method in methods.items()
            },
        )
