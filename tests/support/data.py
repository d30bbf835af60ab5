"""The data sets, for tests that need real ones.

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
