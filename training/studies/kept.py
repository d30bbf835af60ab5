"""Cache of networks that a study trained: each is trained once and then read from its file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Self

import typer
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from shared.errors import ConfigError
from shared.files import write_whole
from training.fitting.progress import Step
from training.fitting.states import fingerprint
from training.jobs.job import Job
from training.networks.nets import Net
from training.studies.start import carried_out

FULL = "full"
"""Name of the network of the job's own recipe, which two studies use."""

Work = Annotated[
    Path | None,
    typer.Option(
        help="Where networks are kept; a rerun goes on there. Another one after a change of the code.",
        show_default="tidemill-studies in the system's folder for temporary files",
    ),
]

_SECONDS = "trained_s"
_SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of weights made from one job; other jobs have other folders."""

    folder: Path

    @classmethod
    def of(cls, job: Job, work: Path | None) -> Self:
        """Return the folder of `job`, not trained yet, under `work` or the system's temporary folder."""
        folder = (work or Path(gettempdir()) / "tidemill-studies") / job.model
        folder = folder / fingerprint(job)[:_SHOWN_DIGITS]
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def train(
        self, name: str, net: Net, steps: Callable[[], Iterator[Step]], *, by: str | None = None
    ) -> float:
        """Give `net` its trained weights, from the file or by `steps`; return the seconds of its training.

        `by` is the mark of a training that a study derived from the job; the job's own has none. Raises
        ConfigError when the file is damaged: delete it.
        """
        path = self.folder / (f"{name}-{by}.safetensors" if by else f"{name}.safetensors")
        if not path.is_file():
            started_s = time.monotonic()
            carried_out(name, steps())
            facts = {_SECONDS: f"{time.monotonic() - started_s:.1f}"}
            write_whole(path, save(net.state_dict(), facts))
        trained_s = _load(net, path)
        net.eval()
        return trained_s


def mark_of(job: Job, *numbers: float) -> str:
    """Return the hash that identifies the training of `job`; `numbers` are those outside the job."""
    return sha256(f"{fingerprint(job)} {numbers}".encode()).hexdigest()[:_SHOWN_DIGITS]


def _load(net: Net, path: Path) -> float:
    try:
        net.load_state_dict(load_file(path))
        with safe_open(path, "pt") as file:
            return float(file.metadata()[_SECONDS])
    except SafetensorError as error:
        raise ConfigError(f"{path} is damaged ({error}); remove it, and it is trained anew") from error
