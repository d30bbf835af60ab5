"""The parts of the system that is broken: Kafka, Triton and Redis, with proxies before them, and workers."""

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.kafka.real import RealKafka
from deploy.kafka.setup import ensure_kafka
from deploy.local.keeper import OnEvent
from deploy.local.part import Part
from deploy.local.paths import runs_folder
from deploy.local.ports import LOOPBACK, Port, free_port
from deploy.local.proxy import Proxy
from deploy.local.redis import RedisServer
from deploy.local.stack import new_run_folder, say_nothing
from deploy.local.supervisor import Supervisor
from deploy.local.triton import TritonServer
from deploy.local.triton_setup import ensure_triton
from shared.settings import Delivery
from tests.chaos.cluster import kafka_cluster
from tests.chaos.disk import SmallDisk
from tests.chaos.mood import MoodyInstall, moody
from tests.chaos.versions import Repository
from tidemill.services import HealthProbe

MODEL = "identity"
WORKER = "tests.chaos.worker"
WORKERS = ("worker-1", "worker-2", "worker-3")
GATEWAY = "gateway"
RATE_PER_S = 250.0
"""Messages that flow while something breaks."""

IN_FLIGHT_RECORDS = 128
COMMIT_INTERVAL_S = 0.25
UNCOMMITTED_RECORDS = IN_FLIGHT_RECORDS + int(RATE_PER_S * COMMIT_INTERVAL_S)
"""Of a worker, at most: those in its hands, and those published since its last commit."""

SESSION_TIMEOUT_MS = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Where the parts answer, and what can be done to them but by signals."""

    kafka: Sequence[RealKafka]
    triton: TritonServer
    redis: RedisServer
    to_kafka: Sequence[Proxy]
    """The workers' way to each broker; who writes and reads along has one of its own."""

    to_triton: Proxy
    to_redis: Proxy
    models: MoodyInstall
    repository: Repository
    worker_ports: Sequence[Port]
    gateway_port: Port
    """Port for clients of the gateway."""

    disk: SmallDisk
    """Where Kafka keeps its messages."""

    @property
    def workers(self) -> Sequence[str]:
        """Base URL of each worker's health and metrics."""
        return [f"http://{LOOPBACK}:{port}" for port in self.worker_ports]

    @property
    def gateway(self) -> str:
        """Base URL of the gateway."""
        return f"http://{LOOPBACK}:{self.gateway_port}"

    @property
    def bootstrap(self) -> str:
        """Where Kafka answers without a proxy."""
        return ",".join(broker.bootstrap for broker in self.kafka)


@asynccontextmanager
async def running_system(
    delivery: Delivery, *, nodes: int, worker: str, on_event: OnEvent
) -> AsyncIterator[System]:
    """Start it on so many brokers, with three workers of a module; end it afterwards."""
    folder = new_run_folder(runs_folder())
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(SmallDisk(folder / "kafka").mounted())
        system = await _behind_proxies(stack, folder, disk, _brokers(disk.folder, nodes))
        supervisor = await stack.enter_async_context(Supervisor(logs=folder, on_event=on_event))
        await supervisor.start(
            [*(broker.part() for broker in system.kafka), system.triton.part(), system.redis.part()]
        )
        await supervisor.start([*_workers(system, delivery, worker), _gateway(system)])
        yield system


def _brokers(folder: Path, count: int) -> list[RealKafka]:
    libs = ensure_kafka(say_nothing)
    return [RealKafka(folder, libs)] if count == 1 else kafka_cluster(folder, libs, nodes=count)


async def _behind_proxies(
    stack: AsyncExitStack, folder: Path, disk: SmallDisk, brokers: Sequence[RealKafka]
) -> System:
    async def proxy(port: Port) -> Proxy:
        return await stack.enter_async_context(Proxy(LOOPBACK, port.number).running())

    models = moody(ensure_triton(say_nothing), folder / "moody")
    repository = Repository(folder / "repository")
    repository.make()
    triton = TritonServer(models=repository.folder, served=folder / "models", load=(MODEL,), install=models)
    redis = RedisServer()
    listened = [free_port() for _ in brokers]
    to_kafka = [await proxy(port) for port in listened]
    return System(
        kafka=[_heard_at(*each) for each in zip(brokers, listened, to_kafka, strict=True)],
        triton=triton,
        redis=redis,
        to_kafka=to_kafka,
        to_triton=await proxy(triton.grpc_port),
        to_redis=await proxy(redis.port),
        models=models,
        repository=repository,
        worker_ports=[free_port() for _ in WORKERS],
        gateway_port=free_port(),
        disk=disk,
    )


def _heard_at(broker: RealKafka, port: Port, proxy: Proxy) -> RealKafka:
    """Return the broker with one more listener, whose clients are told the way by the proxy."""
    own = f"BROKER://{LOOPBACK}:{broker.broker_port},CONTROLLER://{LOOPBACK}:{broker.controller_port}"
    listeners = {
        "listeners": f"{own},PROXIED://{LOOPBACK}:{port}",
        "advertised.listeners": f"{own},PROXIED://{LOOPBACK}:{proxy.port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT",
        # When a result came is not for a worker to say whose clock jumps.
        "log.message.timestamp.type": "LogAppendTime",
    }
    return replace(broker, properties={**broker.properties, **listeners})


def _workers(system: System, delivery: Delivery, module: str) -> Sequence[Part]:
    """Return three workers of one group; none is killed for standing still: that is for the faults."""
    ports = zip(WORKERS, system.worker_ports, strict=True)
    return [_worker(name, port, system, delivery=delivery, module=module) for name, port in ports]


def _worker(name: str, port: Port, system: System, *, delivery: Delivery, module: str) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-m", module),
        env={
            **_ways(system),
            "TIDEMILL__KAFKA__MEMBER": name,
            "TIDEMILL__KAFKA__DELIVERY": delivery,
            "TIDEMILL__KAFKA__SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            "TIDEMILL__MODELS_DIR": str(system.repository.folder),
            "TIDEMILL__MODELS_LOOK_EVERY_S": "0.5",
            "TIDEMILL__LIMITS__MAX_IN_FLIGHT_RECORDS": str(IN_FLIGHT_RECORDS),
            "TIDEMILL__LIMITS__COMMIT_INTERVAL_S": str(COMMIT_INTERVAL_S),
            "TIDEMILL__HTTP__PORT": str(port),
        },
        ready=HealthProbe(f"http://{LOOPBACK}:{port}/health/ready"),
    )


def _gateway(system: System) -> Part:
    """Return a gateway; the models that it would ask directly are not there, and nobody asks for them."""
    health = free_port()
    return Part(
        name=GATEWAY,
        command=(sys.executable, "-m", "services.gateway"),
        env={
            **_ways(system),
            "TIDEMILL__GATEWAY__PORT": str(system.gateway_port),
            "TIDEMILL__HTTP__PORT": str(health),
            # All clients are one caller to a gateway without keys.
            "TIDEMILL__GUARD__RATE_COUNT": "100000",
        },
        ready=HealthProbe(f"http://{LOOPBACK}:{health}/health/live"),
    )


def _ways(system: System) -> Mapping[str, str]:
    """Return the settings of a process that reaches Kafka, Triton and Redis through the proxies."""
    return {
        "TIDEMILL__KAFKA__BOOTSTRAP": ",".join(f"{LOOPBACK}:{way.port}" for way in system.to_kafka),
        "TIDEMILL__KAFKA__FETCH_WAIT_MS": "50",
        "TIDEMILL__TRITON__ADDRESS": f"{LOOPBACK}:{system.to_triton.port}",
        "TIDEMILL__REDIS__URL": f"redis://{LOOPBACK}:{system.to_redis.port}/0",
    }
