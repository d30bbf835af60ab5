"""Answers of a text model to many texts, from its file by onnxruntime or from the running Triton."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from shared.errors import ConfigError, RetryableError
from shared.inference.encoders import text_encoder
from shared.inference.inputs import text_inputs
from shared.inference.port import Arrays
from shared.inference.prediction import probabilities
from shared.inference.triton import TritonRunner
from shared.repository.bundle import ModelBundle, OutputSpec, TextSpec
from shared.repository.config import hash_parameter

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Said:
    """Label that a model gives to a text; the confidence is calibrated, 0 to 1."""

    label: str
    confidence: float


def answers_of(bundle: ModelBundle, output: str, texts: Sequence[str], address: str) -> list[Said]:
    """Return the model's label of each text, in order. Raises ConfigError as `output_of`."""
    logits = output_of(bundle, output, texts, address)
    return [_said(row, bundle.outputs[output]) for row in logits]


def output_of(bundle: ModelBundle, output: str, texts: Sequence[str], address: str) -> NDArray[np.float32]:
    """Return one output of a text model for each text, in order, float32 [texts, width].

    Raises ConfigError when it labels no whole texts, and when neither onnxruntime nor such a Triton is there.
    """
    if not isinstance(bundle.spec, TextSpec):
        raise ConfigError(
            f"{bundle.model} gives no label to a whole text; models are compared by such labels"
        )
    ids = text_encoder(bundle).encode_batch(texts)
    order = np.argsort([len(row) for row in ids], kind="stable")
    batches = [
        text_inputs([ids[row] for row in order[start : start + _BATCH]])
        for start in range(0, len(order), _BATCH)
    ]
    if find_spec("onnxruntime"):
        rows = np.concatenate(list(_by_file(bundle, output, batches)))
    else:
        rows = np.concatenate(asyncio.run(_by_triton(bundle, output, batches, address)))
    in_order: NDArray[np.float32] = rows[np.argsort(order, kind="stable")]
    return in_order


def _said(logits: NDArray[np.float32], spec: OutputSpec) -> Said:
    chances = probabilities(logits, spec)
    best = int(chances.argmax())
    return Said(spec.labels[best], float(chances[best]))


def _by_file(bundle: ModelBundle, output: str, batches: Sequence[Arrays]) -> Iterator[NDArray[np.float32]]:
    # Not imported above: an installation that only serves does without it.
    runtime = import_module("onnxruntime")
    path = bundle.folder / "model.onnx"
    try:
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # the library raises an exception class of its own for each kind of fault
        raise ConfigError(f"{path} is no usable model; check it out again, or train it") from error
    for batch in batches:
        yield session.run([output], dict(batch))[0]


async def _by_triton(
    bundle: ModelBundle, output: str, batches: Sequence[Arrays], address: str
) -> list[NDArray[np.float32]]:
    runner = TritonRunner(address)
    try:
        spec = await runner.ready(bundle.model, bundle.version)
        if spec.parameters.get(hash_parameter(bundle.version)) != bundle.preprocessing_hash:
            raise ConfigError(f"Triton serves another {bundle.model} {bundle.version} than {bundle.folder}")
        answers = [await runner.infer(bundle.model, bundle.version, batch, (output,)) for batch in batches]
    except RetryableError as error:
        raise ConfigError(
            f"{bundle.model} {bundle.version} can't be asked ({error}): install onnxruntime, which is 28 MB "
            "(pip install onnxruntime), or let the running Triton load it (`make run`)"
        ) from error
    finally:
        await runner.aclose()
    return [answer[output] for answer in answers]
