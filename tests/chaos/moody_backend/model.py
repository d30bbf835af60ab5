"""A faulty version of a model: it answers as the file `mood` beside this one says.

Triton loads this file by its place; the real backend lies beside it too, as real.py.
"""

import importlib.util
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Outputs = dict[str, npt.NDArray[Any]]
Spoil = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

SLOW_S = 4.0

SPOILS: dict[str, Spoil] = {
    "empty": lambda output: output[:, :0],
    "nan": lambda output: output * np.nan,
    "short": lambda output: output[:, :-1],
    "wide": lambda output: np.concatenate((output, output), axis=1),
    "wrong type": lambda output: output.astype(np.float64),
}


def mood() -> str:
    """Return the mood of this moment."""
    return Path(__file__).with_name("mood").read_text(encoding="utf-8")


def _real_backend() -> Any:
    spec = importlib.util.spec_from_file_location("real", Path(__file__).with_name("real.py"))
    if spec is None or spec.loader is None:
        raise ImportError("real.py does not lie beside this file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


real = _real_backend()
sound = real.response
Backend: Any = real.TritonPythonModel


def response(outputs: Outputs, names: Iterable[str], rows: slice) -> Any:
    """Return the response as the real backend makes it, spoilt by the mood."""
    spoil = SPOILS.get(mood())
    return sound({name: spoil(output) if spoil else output for name, output in outputs.items()}, names, rows)


real.response = response


class TritonPythonModel(Backend):  # type: ignore[misc]
    """One instance of one version of a model."""

    def execute(self, requests: Sequence[Any]) -> Any:
        """Return one response a request, late in a slow mood."""
        if mood() == "slow":
            time.sleep(SLOW_S)
        return super().execute(requests)
