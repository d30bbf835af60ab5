"""What an interrupted training leaves behind, so that the same command goes on where it stopped."""

import hashlib
import io
import json
import pickle
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from shared.errors import ConfigError
from shared.files import write_whole
from training.jobs.job import Job
from training.rows.examples import Examples

_SHOWN_ROWS = 8
_AFTER_TRAINING: dict[str, Any] = {"mislabelled_share": 0.0, "least_agreement": 99.0}
"""Numbers of a recipe that no weight depends on, and what stands for them."""


@dataclass(frozen=True, slots=True)
class StateFile:
    """The state of one training, `<out>/.<model>.training/<seed>.pt`; whole, or not there at all."""

    path: Path
    fingerprint: str
    """Of all that the training depends on: the state of another one is of no use."""

    figures_fingerprint: str
    """Of all that its figures depend on besides."""

    def load(self) -> dict[str, Any] | None:
        """Return the state, None where there is none.

        Raises ConfigError when it is of another training, or unreadable: begin anew with --fresh.
        """
        if not self.path.is_file():
            return None
        try:
            kept = torch.load(self.path, weights_only=True)
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise ConfigError(f"{self.path} can't be read; begin anew: --fresh") from error
        self._refuse_others(kept["fingerprint"], self.fingerprint)
        state: dict[str, Any] = kept["state"]
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep `state` in place of an older one."""
        stream = io.BytesIO()
        torch.save({"fingerprint": self.fingerprint, "state": dict(state)}, stream)
        write_whole(self.path, stream.getbuffer())

    def figures(self) -> dict[str, float] | None:
        """Return the figures that the finished training had, None while it is not finished.

        Raises ConfigError when they are of another training: begin anew with --fresh.
        """
        path = self.path.with_suffix(".json")
        if not path.is_file():
            return None
        kept = json.loads(path.read_bytes())
        self._refuse_others(kept["fingerprint"], self.figures_fingerprint)
        figures: dict[str, float] = kept["figures"]
        return figures

    def finish(self, figures: Mapping[str, float]) -> None:
        """Keep the figures alone: the training is over."""
        content = {"fingerprint": self.figures_fingerprint, "figures": dict(figures)}
        write_whole(self.path.with_suffix(".json"), json.dumps(content).encode())
        self.path.unlink(missing_ok=True)

    def _refuse_others(self, kept: str, own: str) -> None:
        if kept != own:
            raise ConfigError(
                f"{self.path.parent} holds an interrupted training of other rows or with other numbers; "
                "repeat its command as it was, or begin anew: --fresh"
            )


def states_folder(repository: Path, model: str) -> Path:
    """Return where the states of a model's training are kept; Triton takes no notice of it."""
    return repository / f".{model}.training"


def forget_states(folder: Path) -> None:
    """Remove all states of a model's training."""
    if folder.exists():
        shutil.rmtree(folder)


def forget_state(folder: Path, seed: int) -> None:
    """Remove the state of one training, and the folder with the last one."""
    path = _path(folder, seed)
    for each in (path, path.with_suffix(".json")):
        each.unlink(missing_ok=True)
    with suppress(OSError):  # others are left, or it was never there
        folder.rmdir()


def state_file(folder: Path, job: Job) -> StateFile:
    """Return the file for the state of `job`, which has not been trained yet."""
    of_training = fingerprint(job)
    return StateFile(_path(folder, job.recipe.seed), of_training, _figures_fingerprint(of_training, job))


def fingerprint(job: Job) -> str:
    """Return the sha256, in hex, of all that the weights of a job depend on.

    These are its recipe, its rows and how they are shown, its first weights, and the torch that computes.
    """
    recipe = replace(job.recipe, **_AFTER_TRAINING)
    digest = hashlib.sha256(f"{torch.__version__} {recipe}".encode())
    for rows in (job.train, job.valid):
        _add_rows(digest, rows)
    if len(job.train):
        digest.update(_shown(job).numpy().tobytes())
    for name, weight in job.net.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()


def _figures_fingerprint(of_training: str, job: Job) -> str:
    """Return the same of all that the figures depend on: what is asked after the training counts too."""
    digest = hashlib.sha256(of_training.encode())
    digest.update(repr([getattr(job.recipe, name) for name in _AFTER_TRAINING]).encode())
    for rows in filter(None, (job.test, job.outside)):
        _add_rows(digest, rows)
    return digest.hexdigest()


def _add_rows(digest: "hashlib._Hash", rows: Examples) -> None:
    digest.update(rows.lengths().tobytes())
    for row in rows.inputs:
        digest.update(row.tobytes())
    for name, target in rows.targets.items():
        digest.update(name.encode())
        digest.update(target.tobytes())


def _shown(job: Job) -> Tensor:
    """Return some rows as the net sees them; draws no random number of the training's own."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(job.recipe.seed)
        rows = job.train.some(_SHOWN_ROWS, job.recipe.seed)
        return job.augment(torch.from_numpy(rows.input_array()))


def _path(folder: Path, seed: int) -> Path:
    return folder / f"{seed}.pt"
