"""Saved states of interrupted trainings: the same command resumes from them."""

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
"""Recipe fields that no weight depends on, with the values that replace them in a fingerprint."""


@dataclass(frozen=True, slots=True)
class StateFile:
    """State of one training, `<out>/.<model>.training/<seed>.pt`; the file is complete or missing."""

    path: Path
    fingerprint: str
    """Hash of everything that the weights depend on; the state of another training is refused."""

    figures_fingerprint: str
    """Hash of everything else that the figures depend on."""

    def load(self) -> dict[str, Any] | None:
        """Return the state; None when there is none.

        Raises ConfigError when it is of another training or unreadable: start again with --fresh.
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
        """Save `state` in place of an older one."""
        stream = io.BytesIO()
        torch.save({"fingerprint": self.fingerprint, "state": dict(state)}, stream)
        write_whole(self.path, stream.getbuffer())

    def figures(self) -> dict[str, float] | None:
        """Return the figures of the finished training; None while it is not finished.

        Raises ConfigError when they are of another training: start again with --fresh.
        """
        path = self.path.with_suffix(".json")
        if not path.is_file():
            return None
        kept = json.loads(path.read_bytes())
        self._refuse_others(kept["fingerprint"], self.figures_fingerprint)
        figures: dict[str, float] = kept["figures"]
        return figures

    def finish(self, figures: Mapping[str, float]) -> None:
        """Replace the state by the figures: the training is over."""
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
    """Return the folder of the states of a model's trainings; its name is hidden from Triton."""
    return repository / f".{model}.training"


def forget_states(folder: Path) -> None:
    """Delete all states of a model's trainings."""
    if folder.exists():
        shutil.rmtree(folder)


def forget_state(folder: Path, seed: int) -> None:
    """Delete the state of one training, and the folder with the last one."""
    path = _path(folder, seed)
    for each in (path, path.with_suffix(".json")):
        each.unlink(missing_ok=True)
    with suppress(OSError):  # others are left, or it was never there
        folder.rmdir()


def state_file(folder: Path, job: Job) -> StateFile:
    """Return the state file of `job`, which has not been trained yet."""
    of_training = fingerprint(job)
    return StateFile(_path(folder, job.recipe.seed), of_training, _figures_fingerprint(of_training, job))


def fingerprint(job: Job) -> str:
    """Return the sha256, in hex, of everything that the weights of a job depend on.

    That is its recipe, its rows and their augmentation, its initial weights, and the version of torch.
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
    """Return the same for the figures, which also depend on the questions asked after the training."""
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
    """Return some rows as the net sees them; uses no random number of the training."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(job.recipe.seed)
        rows = job.train.some(_SHOWN_ROWS, job.recipe.seed)
        return job.augment(torch.from_numpy(rows.input_array()))


def _path(folder: Path, seed: int) -> Path:
    return folder / f"{seed}.pt"
