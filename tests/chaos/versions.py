"""A model repository in which a second version of the model comes and goes: no answer fits both."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.identity_tasks import MODEL
from deploy.local.paths import MODELS
from shared.repository.bundle import ModelBundle, TextSpec, load_bundle, preprocessing_hash
from shared.repository.config import CONFIG_FILE, read_config, set_hash, write_config

OLD, NEW = "1", "2"
_DIVISORS = {OLD: 1_000.0, NEW: 100_000.0}
"""Divisor of the sum of the ids, by version."""

_FACTORS = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32)
_TEMPERATURE = 2.0
"""Of the new version; the old one has 1."""


def logits_of(ids: NDArray[np.int32], version: str) -> NDArray[np.float32]:
    """Return what a version answers to a row of ids."""
    divided: NDArray[np.float32] = ids.astype(np.float32).sum() / np.float32(_DIVISORS[version]) * _FACTORS
    return divided


def bundles_of(models: Path) -> dict[str, ModelBundle]:
    """Return both versions as their files describe them, though the new one is not there yet."""
    old = load_bundle(models, MODEL, OLD)
    return {OLD: old, NEW: replace(old, version=NEW, spec=_newer(old))}


def _newer(old: ModelBundle) -> TextSpec:
    if not isinstance(old.spec, TextSpec):
        raise TypeError(f"{MODEL} takes no text")
    outputs = {
        name: output.model_copy(update={"temperature": _TEMPERATURE}) for name, output in old.outputs.items()
    }
    return old.spec.model_copy(update={"outputs": outputs})


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of one run: links to ours, but a copy of the model that is exchanged."""

    folder: Path

    def make(self) -> None:
        """Fill the folder; the model has its old version only."""
        self.folder.mkdir(parents=True)
        for model in MODELS.iterdir():
            if model.name != MODEL:
                (self.folder / model.name).symlink_to(model)
        shutil.copytree(MODELS / MODEL, self.folder / MODEL)

    def bring(self) -> None:
        """Add the new version, as an operator does: its folder whole, then its hash in the config."""
        old, aside, new = (self.folder / MODEL / name for name in (OLD, ".new", NEW))
        shutil.copytree(old, aside)
        weights = (old / "model.onnx").read_bytes()
        before, after = (np.float32(_DIVISORS[version]).tobytes() for version in (OLD, NEW))
        if weights.count(before) != 1:
            raise ValueError(f"{old} does not hold its divisor once")
        (aside / "model.onnx").write_bytes(weights.replace(before, after))
        spec = bundles_of(self.folder)[NEW].spec.model_dump_json()
        (aside / "preprocessing.json").write_text(spec, encoding="utf-8")
        aside.rename(new)
        self._name_hash(preprocessing_hash(new))

    def take_away(self) -> None:
        """Leave the old version only."""
        shutil.rmtree(self.folder / MODEL / NEW)
        self._name_hash(None)

    def _name_hash(self, digest: str | None) -> None:
        path = self.folder / MODEL / CONFIG_FILE
        config = read_config(path)
        set_hash(config, NEW, digest)
        write_config(config, path)
