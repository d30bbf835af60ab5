"""Folders of data sets and of inputs that once failed, for tests that need real ones.

Where they are missing, such tests skip and say why; with CI=true they fail instead.
"""

import os
from pathlib import Path

import pytest

from deploy.local.paths import ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder with the data sets: DATA, or shared/data beside the repository."""
    folder = Path(os.environ.get("DATA") or ROOT.parent / "shared" / "data")
    if (folder / "banking77").is_dir():
        return folder
    reason = f"no data sets in {folder}; say where they are: make test DATA=DIR (docs/data.md)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def cases_dir() -> Path:
    """Return the folder of inputs that once failed; each has a made-up twin in its test."""
    folder = Path(os.environ.get("DATA") or ROOT.parent / "shared" / "data").parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}")
    return folder
