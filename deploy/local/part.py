"""Part of the stack: start command, readiness probe and health check of one process."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BULK_NICE = 10
"""Niceness of bulk work: live work gets ten times its share of a core, and bulk still makes progress."""

Probe = Callable[[], Awaitable[None]]
"""Returns when the part works, raises with the reason when it does not."""


async def no_probe() -> None:
    """Succeed: a part without a probe works while its process runs."""


def nothing() -> None:
    """Need no preparation."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Condition under which a running part counts as broken."""

    probe: Probe = no_probe
    every_s: float = 2.0
    timeout_s: float = 5.0
    failures: int = 2
    """Failed probes in a row after which the part is killed and restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One child process of the stack."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables on top of those of the supervisor."""
    prepare: Callable[[], None] = nothing
    """Runs before every start, to remove leftovers of a killed process."""
    ready: Probe = no_probe
    ready_within_s: float = 60.0
    health: HealthCheck = field(default_factory=HealthCheck)
    nice: int = 0
    """Niceness of the process, 0 to 19."""
    starts_after: tuple[str, ...] = ()
    restart: bool = True
    """False for a part whose data are lost with it: its end ends the run."""


class PartState(StrEnum):
    """State of a part."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartEvent:
    """A change of a part's state."""

    part: str
    state: PartState
    pid: int | None = None
    detail: str = ""
    """Reason of a failure, in one line."""
