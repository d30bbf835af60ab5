"""Triton backend that runs ONNX models: replaces the native one of the NVIDIA image.

Triton loads this file by its path, `<backends>/onnxruntime/model.py`, in an interpreter of its own.
"""

import itertools
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import triton_python_backend_utils as pb

Arrays = dict[str, npt.NDArray[Any]]


class TritonPythonModel:
    """One instance of one version of a model."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load `<model>/<version>/model.onnx` with the threads of the config."""
        config = json.loads(args["model_config"])
        os.nice(int(parameters(config).get("nice", "0")))
        self._inputs = [tensor["name"] for tensor in config["input"]]
        path = Path(args["model_repository"], args["model_version"], "model.onnx")
        self._session = ort.InferenceSession(
            path, session_options(config), providers=["CPUExecutionProvider"]
        )

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Return one response per request, in order; never raise, as Triton leaks memory then."""
        inputs = [self._read(request) for request in requests]
        responses: dict[int, Any] = {}
        for batch in same_shapes(inputs):
            responses.update(self._answer(requests, inputs, batch))
        return [responses[index] for index in range(len(requests))]

    def _read(self, request: Any) -> Arrays:
        return {name: pb.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}

    def _answer(
        self, requests: Sequence[Any], inputs: Sequence[Arrays], batch: Sequence[int]
    ) -> dict[int, Any]:
        try:
            return self._run(requests, inputs, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must hear it and the stub must live
            if len(batch) > 1:  # one bad request must not sink those that Triton merged with it
                alone = (self._answer(requests, inputs, [index]) for index in batch)
                return {index: response for answer in alone for index, response in answer.items()}
            return {batch[0]: pb.InferenceResponse(error=pb.TritonError(str(error)))}

    def _run(self, requests: Sequence[Any], inputs: Sequence[Arrays], batch: Sequence[int]) -> dict[int, Any]:
        wanted = sorted({name for index in batch for name in requests[index].requested_output_names()})
        feed = {name: joined([inputs[index][name] for index in batch]) for name in self._inputs}
        outputs = dict(zip(wanted, self._session.run(wanted, feed), strict=True))
        ends = list(itertools.accumulate(len(inputs[index][self._inputs[0]]) for index in batch))
        return {
            index: response(outputs, requests[index].requested_output_names(), slice(start, end))
            for index, start, end in zip(batch, [0, *ends], ends, strict=False)
        }


def parameters(config: dict[str, Any]) -> dict[str, str]:
    """Return the parameters of the model's config."""
    return {name: value["string_value"] for name, value in config.get("parameters", {}).items()}


def session_options(config: dict[str, Any]) -> ort.SessionOptions:
    """Return ONNX Runtime's options for the parameters that Triton's native backend takes too."""
    wanted = parameters(config)
    options = ort.SessionOptions()
    options.intra_op_num_threads = int(wanted.get("intra_op_thread_count", "0"))
    options.inter_op_num_threads = int(wanted.get("inter_op_thread_count", "0"))
    # The broker, the workers and several models share the cores: idle threads must not spin on them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def same_shapes(inputs: Sequence[Arrays]) -> Iterable[list[int]]:
    """Return the indices of the requests in groups whose arrays can be joined along the first axis."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, arrays in enumerate(inputs):
        groups.setdefault(tuple(array.shape[1:] for array in arrays.values()), []).append(index)
    return groups.values()


def joined(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return the arrays as one; a single array is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def response(outputs: Arrays, names: Iterable[str], rows: slice) -> Any:
    """Return Triton's response with the named outputs of these rows."""
    return pb.InferenceResponse(
        [pb.Tensor(name, np.ascontiguousarray(outputs[name][rows])) for name in names]
    )
