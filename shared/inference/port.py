"""Port of the model server; its adapters are `triton.py` and `memory.py`."""

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
    """Description of one version of a model, as the server gives it."""

    model: str
    version: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    max_batch_size: int
    parameters: Mapping[str, str]
    """Parameters of its config, such as preprocessing hashes."""


class ModelRunner(Protocol):
    """Answers batches; many tasks may call it at once."""

    async def infer(self, model: str, version: str, inputs: Arrays, outputs: Sequence[str]) -> Arrays:
        """Return the named outputs, rows in the order of the inputs, read-only.

        Dtype, shape and size are checked; NaN and infinity are left to the caller, who knows the rows. Raises
        RetryableError when the model is down, RejectedError when it refuses the batch, IntegrityError when
        its answer is wrong.
        """
        ...


class ModelServer(ModelRunner, Protocol):
    """A runner that also describes its models and checks that they work."""

    async def ready(self, model: str, version: str) -> ModelSpec:
        """Return the server's description of a model that is ready.

        Raises RetryableError while it is not ready, IntegrityError when the description can't be right.
        """
        ...

    async def canary(self, model: str, version: str) -> None:
        """Return after one real inference of the smallest input.

        Health end points say 200 for dead models too. Raises the errors of `infer`, and IntegrityError when
        the answer is not finite.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection; calls in flight fail."""
        ...
