"""Adds versions of models to a repository and removes them. Workers serve the folders that they find."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from shared.errors import ConfigError, IntegrityError
from shared.repository.bundle import ModelBundle, load_bundle
from shared.repository.config import (
    CONFIG_FILE,
    config_files,
    inputs_of,
    outputs_of,
    read_config,
    set_hash,
    write_config,
)
from shared.repository.manifest import strange_files
from shared.repository.staging import staged
from shared.repository.versions import versions_in

_GONE = ".gone"


def add_version(trained: ModelBundle, repository: Path, *, relabel: bool = False) -> str:
    """Copy a trained model into `repository` as its newest version, and return its number.

    The number was never used before. The folder appears whole, after the configs name its hash. Raises
    ConfigError when the repository has no such model, when its inputs or outputs differ, or, without
    `relabel`, its labels; IntegrityError when the files do not match the card.
    """
    model = repository / trained.model
    versions = versions_in(repository, trained.model)
    if not versions:
        raise ConfigError(
            f"{repository} has no {trained.model}; a first version comes with its configuration: "
            f"cp -r {trained.folder.parent} {model}"
        )
    if trained.folder.parent.resolve() == model.resolve():
        raise ConfigError(
            f"{trained.folder} is in {repository} already: name the folder that a training wrote"
        )
    _refuse_other_tensors(trained.folder.parent, model)
    if not relabel:
        _refuse_other_labels(trained, load_bundle(repository, trained.model, versions[0]))
    number = str(max(_numbers_given(model)) + 1)
    _copy(trained, model / number)
    return number


def _copy(trained: ModelBundle, target: Path) -> None:
    """Copy a version to `target`. The configs name its hash before the folder appears."""
    try:
        with staged(target) as aside:
            shutil.copytree(trained.folder, aside, dirs_exist_ok=True)
            _refuse_other_files(aside)
            _write_hash(target.parent, target.name, trained.preprocessing_hash)
    except OSError as error:
        raise ConfigError(f"{error}; make room, or take the right to write there") from error


def remove_version(bundle: ModelBundle) -> str:
    """Remove a version from its repository, and return the newest one that is left.

    The folder keeps a hidden name until somebody deletes it. Raises ConfigError when it is the only version.
    """
    model, number = bundle.folder.parent, bundle.version
    others = [version for version in versions_in(model.parent, bundle.model) if version != number]
    if not others:
        raise ConfigError(f"{bundle.model} has no version but {number}: add another one first")
    bundle.folder.rename(model / f".{number}{_GONE}")
    _write_hash(model, number, None)
    return others[0]


def _numbers_given(model: Path) -> Iterator[int]:
    """Yield the numbers of all versions, removed ones included."""
    for path in model.iterdir():
        name = path.name.removeprefix(".").removesuffix(_GONE)
        if name.isdecimal():
            yield int(name)


def _refuse_other_tensors(trained: Path, model: Path) -> None:
    new, old = (read_config(folder / CONFIG_FILE) for folder in (trained, model))
    if (inputs_of(new), outputs_of(new)) != (inputs_of(old), outputs_of(old)):
        raise ConfigError(
            f"{trained} has other inputs or outputs than {model}, and versions share them; "
            "give it a name of its own"
        )


def _refuse_other_labels(new: ModelBundle, old: ModelBundle) -> None:
    for name, output in new.outputs.items():
        if name not in old.outputs or old.outputs[name].labels != output.labels:
            raise ConfigError(
                f"{new.folder} has other labels of {name}, or in another order, than {old.folder}; "
                "add it all the same: --relabel"
            )


def _refuse_other_files(folder: Path) -> None:
    if strange := strange_files(folder):
        raise IntegrityError(
            f"{', '.join(strange)} is not the file that card.json tells of; copy or train it again"
        )


def _write_hash(model: Path, version: str, digest: str | None) -> None:
    for path in config_files(model):
        config = read_config(path)
        set_hash(config, version, digest)
        write_config(config, path)
