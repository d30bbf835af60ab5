"""npm packages for tests of documents and clients, installed once below `.stack`."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from deploy.local.paths import STACK


def cannot_run(reason: str) -> NoReturn:
    """Skip the test; in CI fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def node_modules(name: str, *packages: str) -> Path:
    """Return the folder node_modules with these `NAME@VERSION`; skip (in CI: fail) without npm."""
    folder = STACK / "clients" / f"{name}-{'-'.join(package.rpartition('@')[2] for package in packages)}"
    if not folder.is_dir():
        if shutil.which("node") is None or shutil.which("npm") is None:
            cannot_run("needs node and npm")
        _install(folder, packages)
    return folder / "node_modules"


def _install(folder: Path, packages: tuple[str, ...]) -> None:
    """Install beside the folder and rename: another test process may install the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        command = ["npm", "install", "--prefix", place, "--no-save", "--no-package-lock", "--ignore-scripts"]
        done = subprocess.run([*command, *packages], capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            cannot_run(f"npm can't install {packages}: {done.stderr.strip()[-300:]}")
        try:
            Path(place).rename(folder)
        except OSError:  # the other was faster
            return
        Path(place).mkdir()
