"""The embedded Triton as a part: NVIDIA's tritonserver with explicit model control on loopback."""

import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil

from deploy.local.part import HealthCheck, Part
from deploy.local.paths import MODELS
from deploy.local.ports import LOOPBACK, Port, free_port
from deploy.local.triton_canary import TritonCanary
from deploy.local.triton_models import lay_out
from deploy.local.triton_setup import TritonInstall
from shared.errors import ConfigError
from shared.repository.versions import models_in

GUARD = Path(__file__).with_name("guard.py")
CLOSED = "model-repository,shared-memory,trace,logging"
"""APIs of both protocols that need a key: no service uses them, and the security holes of 2025 start there.
"""

ADMIN_HEADER = "tidemill-admin"
"""Header with the key."""

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where the kernel keeps shared memory
SHARED_MEMORY_PREFIX = "tidemill-"


@dataclass(frozen=True, slots=True)
class TritonServer:
    """One embedded Triton: its models, and the ports that it keeps over a restart."""

    models: Path = MODELS
    served: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="tidemill-models-")))
    """Folder in which the repository is laid out for this Triton."""
    load: tuple[str, ...] = ()
    "Names of the models to load; empty means all of the folder."
    bulk: tuple[str, ...] = ()
    """Names of models whose processes run at a lower priority."""
    config_name: str | None = None
    """Take `configs/<config_name>.pbtxt` of a model that has one."""
    install: TritonInstall = field(default_factory=TritonInstall)
    admin_key: str = field(default_factory=partial(secrets.token_hex, 16), repr=False)
    grpc_port: Port = field(default_factory=free_port)
    http_port: Port = field(default_factory=free_port)
    metrics_port: Port = field(default_factory=free_port)

    @property
    def grpc(self) -> str:
        """`host:port` for tritonclient's gRPC."""
        return f"{LOOPBACK}:{self.grpc_port}"

    @property
    def http(self) -> str:
        """Base URL of the HTTP API."""
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def metrics(self) -> str:
        """URL of the Prometheus metrics."""
        return f"http://{LOOPBACK}:{self.metrics_port}/metrics"

    def part(self) -> Part:
        """Return the part that serves the models; it is ready when each has answered a real inference.

        Raises: ConfigError when there is no model to load.
        """
        names = self.load or models_in(self.models)
        if not names:
            raise ConfigError(f"{self.models} holds no model; name the folder that has <model>/config.pbtxt")
        missing = [name for name in names if not (self.models / name / "config.pbtxt").is_file()]
        if missing:
            raise ConfigError(
                f"{self.models} has no model {', '.join(missing)}; it has {', '.join(models_in(self.models))}"
            )
        canary = TritonCanary(self.http, self._shared_memory, names)
        return Part(
            name="triton",
            command=self._command(names),
            env=self._environment(),
            prepare=partial(self._prepare, names),
            ready=canary.self_test,
            health=HealthCheck(probe=canary, timeout_s=8.0),
        )

    def _prepare(self, names: Sequence[str]) -> None:
        free_shared_memory()
        lay_out(self.models, names, self.served, bulk=self.bulk)

    def _command(self, names: Sequence[str]) -> tuple[str, ...]:
        closed = f"{CLOSED}:{ADMIN_HEADER}={self.admin_key}"
        return (
            *(sys.executable, "-I", "-S", str(GUARD)),
            str(self.install.server),
            f"--model-repository={self.served}",
            "--model-control-mode=explicit",
            *(f"--load-model={name}" for name in names),
            *((f"--model-config-name={self.config_name}",) if self.config_name else ()),
            # Asking the backend to complete the configs would start every stub twice.
            "--disable-auto-complete-config",
            f"--backend-directory={self.install.backends}",
            f"--backend-config=python,shm-region-prefix-name={self._shared_memory}",
            f"--grpc-address={LOOPBACK}",
            f"--grpc-port={self.grpc_port}",
            f"--http-address={LOOPBACK}",
            f"--http-port={self.http_port}",
            f"--grpc-restricted-protocol={closed}",
            f"--http-restricted-api={closed}",
            f"--metrics-address={LOOPBACK}",
            f"--metrics-port={self.metrics_port}",
            "--allow-gpu-metrics=false",
            "--pinned-memory-pool-byte-size=0",
            "--log-info=false",
            "--exit-timeout-secs=5",
        )

    def _environment(self) -> dict[str, str]:
        # The stub is no python program: it finds its environment by the first `python3` on the PATH.
        path = os.pathsep.join([str(self.install.venv / "bin"), os.defpath])
        clean = {"PYTHONPATH": "", "PYTHONHOME": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}
        return {"PATH": path, "LD_LIBRARY_PATH": str(self.install.libs), **clean}

    @property
    def _shared_memory(self) -> str:
        return f"{SHARED_MEMORY_PREFIX}{os.getpid()}-{self.http_port}-"


def free_shared_memory() -> None:
    """Delete the shared memory of this process's Triton and of Tritons whose owner is gone."""
    for region in SHARED_MEMORY.glob(f"{SHARED_MEMORY_PREFIX}*"):
        owner = int(region.name.removeprefix(SHARED_MEMORY_PREFIX).split("-")[0])
        if not psutil.pid_exists(owner):
            region.unlink(missing_ok=True)
