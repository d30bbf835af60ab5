"""What the supervisor knows of a part: how to start it, and how to tell that it works."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

BULK_NICE = 10
"""Of bulk work: on the same cores live work weighs ten times as much, and bulk never stands still."""

Probe = Callable[[], Awaitable[None]]
"""Returns when the part works, raises with the reason when it does not."""


async def no_probe() -> None:
    """Succeed: for a part that counts as working while its process lives."""


def nothing() -> None:
    """Need no preparation."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """When a running part counts as broken."""

    probe: Probe = no_probe
    every_s: float = 2.0
    timeout_s: float = 5.0
    failures: int = 2
    "Failed probes in a row after which the part is killed and started anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One child process of the stack."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    "Variables on top of those of the supervisor."
    prepare: Callable[[], None] = nothing
    "Runs before every start, to clear what a killed predecessor left."
    ready: Probe = no_probe
    ready_within_s: float = 60.0
    health: HealthCheck = field(default_factory=HealthCheck)
    nice: int = 0
    "How far it steps back when others want the cores: 0 to 19, as `nice` counts."
    starts_after: tuple[str, ...] = ()
    restart: bool = True
    "False for a part whose death loses what it held: the whole run ends then."


class PartState(StrEnum):
    """What a part is doing."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartEvent:
    """A part changed its state."""

    part: str
    state: PartState
    pid: int | None = None
    detail: str = ""
    "Why it failed, in one line."
