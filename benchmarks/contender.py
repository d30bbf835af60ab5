"""A process under test that reads messages from Kafka and writes a result for each."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

from deploy.local.child import Child
from deploy.local.part import Part
from deploy.local.stack import LocalStack
from shared.catalogue import Service
from shared.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Start command of the process, and the topic of its results."""

    name: str
    module: str
    writes: str
    """The topic of its results."""

    env: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0

    @classmethod
    def of(cls, service: Service) -> Self:
        """Return a service of the catalogue as a contender; its results are those on its first topic."""
        return cls(name=service.name, module=service.module, writes=service.output_topics[0], env=service.env)


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time and memory of a process so far."""

    cpu_s: float
    peak_bytes: int
    """Peak resident memory."""


class Running:
    """A started contender."""

    def __init__(self, child: Child, name: str) -> None:
        self._child = child
        self._name = name
        self._process = psutil.Process(child.pid)

    def usage(self) -> Usage:
        """Return its usage so far. Raises ConfigError with its last words when it has ended."""
        try:
            times = self._process.cpu_times()
            status = Path(f"/proc/{self._child.pid}/status").read_text(encoding="ascii")
        except (psutil.Error, OSError):
            raise ConfigError(f"{self._name} ended: {self._child.last_line()}") from None
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
        if peak is None:  # it has ended, and is only waited for
            raise ConfigError(f"{self._name} ended: {self._child.last_line()}")
        return Usage(times.user + times.system, int(peak.split()[1]) * 1024)


@asynccontextmanager
async def running(contender: Contender, stack: LocalStack, models: Path) -> AsyncIterator[Running]:
    """Start a contender on the stack, without a cache; end it with the block."""
    env = {
        "TIDEMILL__KAFKA__BOOTSTRAP": stack.addresses.kafka_bootstrap,
        "TIDEMILL__TRITON__ADDRESS": stack.addresses.triton_grpc,
        "TIDEMILL__HTTP__PORT": "0",
        "TIDEMILL__MODELS_DIR": str(models),
        **contender.env,
    }
    part = Part(
        name=contender.name, command=(sys.executable, "-m", contender.module), env=env, nice=contender.nice
    )
    child = await Child.start(part, stack.folder / f"{contender.name}.log")
    try:
        yield Running(child, contender.name)
    finally:
        await asyncio.shield(child.stop())
