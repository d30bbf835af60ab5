"""The embedded stack: Kafka, Triton and Redis on free ports, and services on top of them.

By hand: python -m deploy.local --kafka real.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from deploy.kafka.real import RealKafka
from deploy.kafka.setup import ensure_kafka
from deploy.local.kafka_memory import MemoryKafka
from deploy.local.keeper import OnEvent
from deploy.local.part import Part, PartEvent
from deploy.local.paths import MODELS, RUN_DIR, runs_folder
from deploy.local.redis import RedisServer
from deploy.local.supervisor import Supervisor
from deploy.local.triton import TritonServer
from deploy.local.triton_setup import Say, ensure_triton
from shared.errors import ConfigError

RUNS_KEPT = 20
"""Folders of earlier runs that are kept; more than run at a time, as only their age decides."""


class KafkaKind(StrEnum):
    """Kind of Kafka that the stack starts."""

    MEMORY = "memory"
    REAL = "real"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of a running stack's parts; empty for a part that was not asked for."""

    kafka_bootstrap: str = ""
    triton_grpc: str = ""
    triton_http: str = ""
    triton_metrics: str = ""
    redis_url: str = ""


Services = Callable[[Addresses], Sequence[Part]]
"""Returns the service processes for the addresses of the stack under them."""


def no_services(_: Addresses) -> Sequence[Part]:
    """Return no service: the stack alone."""
    return ()


def ignore(_: PartEvent) -> None:
    """Ignore the event."""


def say_nothing(_: str) -> None:
    """Print nothing during the set-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """Contents of a stack."""

    kafka: KafkaKind = KafkaKind.MEMORY
    kafka_bootstrap: str = ""
    "An external Kafka to use instead of one of ours."
    triton: bool = True
    redis: bool = True
    models: Path = MODELS
    load: tuple[str, ...] = ()
    "Models to load; empty means all."
    bulk: tuple[str, ...] = ()
    """Models among them that run at a lower priority."""
    services: Services = no_services
    on_event: OnEvent = ignore
    say: Say = say_nothing
    """Receives progress lines of an installation."""
    runs: Path = field(default_factory=runs_folder)
    """Each run gets a folder here, with one log per part."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A running stack."""

    addresses: Addresses
    folder: Path
    """Logs and, for a real Kafka, its messages."""


@asynccontextmanager
async def local_stack(plan: StackPlan) -> AsyncIterator[LocalStack]:
    """Start the parts of the plan, yield when all are ready, and end them with the block.

    Raises: ConfigError before the start when something cannot run here; PartLostError, cancelling the body,
    when a part cannot be kept alive.
    """
    folder = new_run_folder(plan.runs)
    async with Supervisor(logs=folder, on_event=plan.on_event) as supervisor:
        addresses = await _start_stores(supervisor, plan, folder)
        await supervisor.start(on_top_of(supervisor.names, plan.services(addresses)))
        yield LocalStack(addresses, folder)


def new_run_folder(runs: Path) -> Path:
    """Return an empty folder for a run, and delete the oldest of the earlier ones.

    Raises: ConfigError when `runs` is no folder that this user may write to.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    except OSError as error:
        raise ConfigError(
            f"{runs} can't hold runs ({error.strerror}); name a folder that can be written to in {RUN_DIR}"
        ) from None
    earlier = sorted(runs.glob("run-*"), key=lambda folder: folder.stat().st_mtime)
    for old in earlier[: -RUNS_KEPT - 1]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def on_top_of(stores: Sequence[str], services: Sequence[Part]) -> list[Part]:
    """Return the services as parts that start after the stores, and so stop before them."""
    return [replace(service, starts_after=(*stores, *service.starts_after)) for service in services]


async def _start_stores(supervisor: Supervisor, plan: StackPlan, folder: Path) -> Addresses:
    """Start Kafka, Triton and Redis side by side."""
    kafka, triton, redis = (
        await _kafka(plan, folder),
        await _triton(plan, folder),
        RedisServer() if plan.redis else None,
    )
    await supervisor.start([server.part() for server in (kafka, triton, redis) if server])
    return Addresses(
        kafka_bootstrap=kafka.bootstrap if kafka else plan.kafka_bootstrap,
        triton_grpc=triton.grpc if triton else "",
        triton_http=triton.http if triton else "",
        triton_metrics=triton.metrics if triton else "",
        redis_url=redis.url if redis else "",
    )


async def _triton(plan: StackPlan, folder: Path) -> TritonServer | None:
    if not plan.triton:
        return None
    install = await asyncio.to_thread(ensure_triton, plan.say)
    return TritonServer(
        models=plan.models, served=folder / "models", load=plan.load, bulk=plan.bulk, install=install
    )


async def _kafka(plan: StackPlan, folder: Path) -> MemoryKafka | RealKafka | None:
    if plan.kafka_bootstrap or plan.kafka is KafkaKind.NONE:
        return None
    if plan.kafka is KafkaKind.MEMORY:
        return MemoryKafka(folder / "kafka.address")
    return RealKafka(folder / "kafka", await asyncio.to_thread(ensure_kafka, plan.say))
