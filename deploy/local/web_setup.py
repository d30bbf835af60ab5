"""Installs the script of the dashboard's pages: htmx, out of a wheel that carries it."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local.paths import WEB
from deploy.local.triton_setup import Say
from shared.errors import ConfigError

REQUIREMENTS = Path(__file__).with_name("web-requirements.txt")
_STAMP = "installed.txt"


def ensure_web(say: Say, folder: Path = WEB) -> Path:
    """Return the folder with the pages' script; install it when it is missing or another version is pinned.

    Raises ConfigError when the package index can't be reached.
    """
    if not _is_installed(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_installed(folder):
                _install(say, folder)
    return folder


def _is_installed(folder: Path) -> bool:
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == REQUIREMENTS.read_text(encoding="utf-8")


def _install(say: Say, folder: Path) -> None:
    say("Dashboard: script of its pages (0.2 MB to fetch)")
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    run = subprocess.run(
        [*command, "--target", str(folder), "-r", str(REQUIREMENTS)],
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        reason = run.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise ConfigError(
            f"pip could not fetch the script of the dashboard's pages ({reason[0]}); "
            "it needs a reachable package index"
        )
    shutil.copyfile(REQUIREMENTS, folder / _STAMP)
