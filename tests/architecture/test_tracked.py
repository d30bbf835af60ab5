"""Git: the tracked files together stay small, so that a clone is quick."""

import shutil
import subprocess

import pytest

from deploy.local.paths import ROOT

MOST_TRACKED_BYTES = 80 * 2**20


def test_all_tracked_files_together_stay_small() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are tracked")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)

    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]

    assert sum(path.stat().st_size for path in paths if path.is_file()) <= MOST_TRACKED_BYTES
