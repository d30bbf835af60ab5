"""Networks that a study trained: each is trained once, and then taken from its file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Self

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from training.job import Job
from training.nets import Net
from training.progress import Step
from training.states import fingerprint
from training.studies.start import carried_out

FULL = "full"
"""The name of the network that the job's own recipe makes; two studies use it."""

_SECONDS = "trained_s"
_SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of weights that belong to one job; those of another one lie elsewhere."""

    folder: Path

    @classmethod
    def of(cls, job: Job, work: Path | None) -> Self:
        """Return the folder for `job`, not trained yet, under `work` or else under the system's own."""
        folder = (work or Path(gettempdir()) / "tidemill-studies") / job.model
        folder = folder / fingerprint(job)[:_SHOWN_DIGITS]
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def train(self, name: str, net: Net, steps: Callable[[], Iterator[Step]]) -> float:
        """Give `net` its trained weights, from the file or by `steps`; return the seconds of its training."""
        path = self.folder / f"{name}.safetensors"
        if not path.is_file():
            started_s = time.monotonic()
            carried_out(name, steps())
            facts = {_SECONDS: f"{time.monotonic() - started_s:.1f}"}
            save_file(net.state_dict(), path, facts)
        net.load_state_dict(load_file(path))
        net.eval()
        with safe_open(path, "pt") as file:
            return float(file.metadata()[_SECONDS])
