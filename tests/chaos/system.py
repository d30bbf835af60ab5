"""The parts of the system that is broken: Kafka, Triton and Redis, with proxies before them, and workers."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.real import RealKafka
from deploy.kafka.setup import ensure_kafka
from deploy.local.keeper import OnEvent
from deploy.local.part import Part
from deploy.local.paths import MODELS, RUNS
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.redis import RedisServer
from deploy.local.stack import new_run_folder, say_nothing
from deploy.local.supervisor import Supervisor
from deploy.local.triton import TritonServer
from deploy.local.triton_setup import ensure_triton
from shared.settings import Delivery
from tests.chaos.disk import SmallDisk
from tests.chaos.mood import MoodyInstall, moody
from tests.chaos.proxy import Proxy
from tidemill.services import Question

MODEL = "identity"
WORKER = "benchmarks.identity_worker"
WORKERS = ("worker-1", "worker-2", "worker-3")
RATE_PER_S = 200.0
"""Messages that flow while something breaks."""

IN_FLIGHT_RECORDS = 128
COMMIT_INTERVAL_S = 0.25
UNCOMMITTED_RECORDS = IN_FLIGHT_RECORDS + int(RATE_PER_S * COMMIT_INTERVAL_S)
"""Of a worker, at most: those in its hands, and those published since its last commit."""

SESSION_TIMEOUT_MS = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Where the parts answer, and what can be done to them but by signals."""

    kafka: RealKafka
    triton: TritonServer
    redis: RedisServer
    to_kafka: Proxy
    """The workers' way to the broker; who writes and reads along has one of its own."""

    to_triton: Proxy
    to_redis: Proxy
    models: MoodyInstall
    disk: SmallDisk
    """Where Kafka keeps its messages."""


@asynccontextmanager
async def running_system(delivery: Delivery, *, worker: str, on_event: OnEvent) -> AsyncIterator[System]:
    """Start it, with three workers of a module that deliver in this way; end it afterwards."""
    folder = new_run_folder(RUNS)
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(SmallDisk(folder / "kafka").mounted())
        system = await _behind_proxies(stack, folder, disk)
        supervisor = await stack.enter_async_context(Supervisor(logs=folder, on_event=on_event))
        await supervisor.start([system.kafka.part(), system.triton.part(), system.redis.part()])
        await supervisor.start(_workers(system, delivery, worker))
        yield system


async def _behind_proxies(stack: AsyncExitStack, folder: Path, disk: SmallDisk) -> System:
    models = moody(ensure_triton(say_nothing), folder / "moody")
    triton, redis = TritonServer(served=folder / "models", load=(MODEL,), install=models), RedisServer()
    broker, controller, proxied = free_port(), free_port(), free_port()
    to_kafka, to_triton, to_redis = [
        await stack.enter_async_context(Proxy(LOOPBACK, port.number).running())
        for port in (proxied, triton.grpc_port, redis.port)
    ]
    kafka = RealKafka(
        disk.folder,
        ensure_kafka(say_nothing),
        broker_port=broker,
        controller_port=controller,
        more_settings={
            "listeners": _listeners(BROKER=broker, CONTROLLER=controller, PROXIED=proxied),
            "advertised.listeners": _listeners(BROKER=broker, CONTROLLER=controller, PROXIED=to_kafka.port),
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
        },
    )
    return System(
        kafka=kafka,
        triton=triton,
        redis=redis,
        to_kafka=to_kafka,
        to_triton=to_triton,
        to_redis=to_redis,
        models=models,
        disk=disk,
    )


def _listeners(**ports: object) -> str:
    return ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())


def _workers(system: System, delivery: Delivery, module: str) -> Sequence[Part]:
    """Return three workers of one group; none is killed for standing still: that is for the faults."""
    return [_worker(name, system, delivery, module) for name in WORKERS]


def _worker(name: str, system: System, delivery: Delivery, module: str) -> Part:
    port = free_port()
    return Part(
        name=name,
        command=(sys.executable, "-m", module),
        env={
            "TIDEMILL__KAFKA__BOOTSTRAP": f"{LOOPBACK}:{system.to_kafka.port}",
            "TIDEMILL__KAFKA__MEMBER": name,
            "TIDEMILL__KAFKA__DELIVERY": delivery,
            "TIDEMILL__KAFKA__SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            "TIDEMILL__KAFKA__FETCH_WAIT_MS": "50",
            "TIDEMILL__TRITON__ADDRESS": f"{LOOPBACK}:{system.to_triton.port}",
            "TIDEMILL__REDIS__URL": f"redis://{LOOPBACK}:{system.to_redis.port}/0",
            "TIDEMILL__MODELS_DIR": str(MODELS),
            "TIDEMILL__LIMITS__MAX_IN_FLIGHT_RECORDS": str(IN_FLIGHT_RECORDS),
            "TIDEMILL__LIMITS__COMMIT_INTERVAL_S": str(COMMIT_INTERVAL_S),
            "TIDEMILL__HTTP__PORT": str(port),
        },
        ready=Question(f"http://{LOOPBACK}:{port}/health/ready"),
    )
