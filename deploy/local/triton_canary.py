"""Canary of Triton: one tiny inference per model, through its own stub.

Health end points are no proof: Triton never restarts a killed stub, and still says 200.
"""

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import aiohttp
import numpy as np
import psutil

NUMPY_TYPES = {"INT32": "<i4", "INT64": "<i8", "UINT8": "|u1", "FP32": "<f4", "FP16": "<f2"}
HEADER_LENGTH = "Inference-Header-Content-Length"
DEADLINE = aiohttp.ClientTimeout(total=3.0)


class TritonBrokenError(Exception):
    """Triton's answer is wrong or missing; the text names the model and the fault."""


class TritonCanary:
    """Probes every loaded version of every model at the same time."""

    def __init__(self, http: str, shared_memory: str, names: Sequence[str]) -> None:
        self._http = http
        self._names = names
        self._shared_memory = shared_memory
        self._done_count: dict[str, int] = {}

    async def self_test(self) -> None:
        """Check that the server is up and has models, then probe them."""
        async with aiohttp.ClientSession(self._http, timeout=DEADLINE) as session:
            async with session.get("/v2/health/ready") as answer:
                answer.raise_for_status()
            if not await self._probe_all(session):
                raise TritonBrokenError("no model is loaded")

    async def __call__(self) -> None:
        """Return when every loaded model answers with the right number of finite values.

        Raises: TritonBrokenError, or aiohttp's errors when the server is down.
        """
        async with aiohttp.ClientSession(self._http, timeout=DEADLINE) as session:
            await self._probe_all(session)

    async def _probe_all(self, session: aiohttp.ClientSession) -> int:
        found = await asyncio.gather(*(self._versions(session, name) for name in self._names))
        models = [model for versions in found for model in versions]
        await asyncio.gather(*(self._probe(session, model) for model in models))
        await self._count_stubs(session, models)
        return len(models)

    async def _versions(self, session: aiohttp.ClientSession, name: str) -> list[str]:
        """Return the path of each loaded version of a model."""
        async with session.get(f"/v2/models/{name}") as answer:
            said = await answer.json()
        if answer.status != 200:
            raise TritonBrokenError(f"{name}: {said.get('error', answer.status)}")
        return [f"/v2/models/{name}/versions/{version}" for version in said["versions"]]

    async def _count_stubs(self, session: aiohttp.ClientSession, models: list[str]) -> None:
        """Find a dead instance that the probe missed because another instance of the model answered."""
        alive = await asyncio.to_thread(stubs, self._shared_memory)
        for model in models:
            async with session.get(f"{model}/config") as answer:
                groups = (await answer.json())["instance_group"]
            wanted = sum(group["count"] for group in groups)
            name, version = model.split("/")[3::2]
            found = sum(path.endswith(f"/{name}/{version}/model.onnx") for path in alive)
            if found < wanted:
                raise TritonBrokenError(f"{model}: {found} of {wanted} stubs are alive")

    async def _probe(self, session: aiohttp.ClientSession, model: str) -> None:
        try:
            await infer_once(session, model)
        except TimeoutError:
            await self._insist_on_progress(session, model)

    async def _insist_on_progress(self, session: aiohttp.ClientSession, model: str) -> None:
        """Accept a late answer of a model that is working off a long queue."""
        async with session.get(f"{model}/stats") as answer:
            done_count = (await answer.json())["model_stats"][0]["execution_count"]
        before = self._done_count.get(model)
        self._done_count[model] = done_count
        if before is not None and done_count == before:
            raise TritonBrokenError(f"{model}: no answer within {DEADLINE.total} s, and none to others")


def stubs(shared_memory: str) -> list[str]:
    """Return the model file of every live stub of the Triton with this prefix of shared memory."""
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [line[1] for line in lines if len(line) > 2 and line[2].startswith(shared_memory)]


async def infer_once(session: aiohttp.ClientSession, model: str) -> None:
    """Return when the model gave finite outputs of the right size for the smallest input it takes.

    Raises: TritonBrokenError when it did not.
    """
    async with session.get(model) as answer:
        inputs = (await answer.json())["inputs"]
    body, header_bytes = request_of_ones(inputs)
    async with session.post(
        f"{model}/infer", data=body, headers={HEADER_LENGTH: str(header_bytes)}
    ) as answer:
        content = await answer.read()
        if is_busy(answer.status, content):
            return
        if answer.status != 200:
            raise TritonBrokenError(f"{model}: {json.loads(content).get('error', answer.status)}")
        check_outputs(model, content, int(answer.headers.get(HEADER_LENGTH, len(content))))


def request_of_ones(inputs: list[dict[str, Any]]) -> tuple[bytes, int]:
    """Return an inference request and the length of its JSON part; ones, as text models mask zeros away."""
    tensors = [
        np.ones([abs(size) for size in item["shape"]], NUMPY_TYPES[item["datatype"]]) for item in inputs
    ]
    header = json.dumps(
        {
            "inputs": [
                {**item, "shape": tensor.shape, "parameters": {"binary_data_size": tensor.nbytes}}
                for item, tensor in zip(inputs, tensors, strict=True)
            ],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    return header + b"".join(tensor.tobytes() for tensor in tensors), len(header)


def is_busy(status: int, content: bytes) -> bool:
    """Return whether the model refused only because its queue is full: it works then."""
    return status != 200 and b"maximum queue size" in content


def check_outputs(model: str, content: bytes, header_bytes: int) -> None:
    """Compare the bytes of every output with its shape, and look for NaN and infinity."""
    start = header_bytes
    for output in json.loads(content[:header_bytes])["outputs"]:
        dtype = np.dtype(NUMPY_TYPES[output["datatype"]])
        size = output["parameters"]["binary_data_size"]
        if size != math.prod(output["shape"]) * dtype.itemsize or size == 0:
            raise TritonBrokenError(f"{model}: {output['name']} has {size} bytes for shape {output['shape']}")
        if not np.isfinite(np.frombuffer(content[start : start + size], dtype)).all():
            raise TritonBrokenError(f"{model}: {output['name']} holds values that are no numbers")
        start += size
