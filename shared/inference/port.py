"""The model server as the rest of Tidemill sees it; `triton.py` and `memory.py` are its two adapters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = Mapping[str, Array]
"""Tensors by name; the first axis counts the rows."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model, without its batch axis; -1 means any length."""

    dtype: np.dtype[Any]
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What the server says about one version of one model."""

    model: str
    version: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    max_batch_size: int
    parameters: Mapping[str, str]
    """The `parameters` of its config, e.g. the hash of the preprocessing that it was trained with."""


class ModelRunner(Protocol):
    """Answers batches; safe for many tasks at once."""

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: Sequence[str]) -> Arrays:
        """Return the named outputs, rows in the order of the inputs, read-only.

        Their dtype, shape and size are checked; whether numbers are finite is for the caller, who can
        tell one row from another. Raises RetryableError when the model is away, RejectedError when it
        refuses the batch, IntegrityError when it answers nonsense.
        """
        ...


class ModelServer(ModelRunner, Protocol):
    """A runner that can also be asked about its models."""

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return what the server says about a model that is ready.

        Raises RetryableError while it is not, IntegrityError when its description can't be right.
        """
        ...

    async def canary(self, model: str, version: str) -> None:
        """Return after one real inference of the smallest input: health says 200 for dead models too.

        Raises what `infer` raises, and IntegrityError when the answer is not finite.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection; calls in flight fail."""
        ...
