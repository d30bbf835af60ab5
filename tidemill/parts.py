"""Services of the catalogue as processes of the embedded stack."""

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.part import BULK_NICE, HealthCheck, Part
from deploy.local.ports import LOOPBACK, Port, free_port, usual_port
from deploy.local.stack import Addresses, KafkaKind, say_nothing
from deploy.local.web_setup import ensure_web
from shared.catalogue import DASHBOARD, GATEWAY, SERVICES, Service
from tidemill.services import HealthProbe

FETCH_WAIT_MS = 50
"""The broker in memory answers a fetch only when this wait is over, even when records have arrived."""

_GATEWAY_FETCH_WAIT_MS = 10
"""Shorter, as callers wait for results; on real Kafka it makes no difference to them."""

Doors = Mapping[str, Port]
"""Ports of the gateway and the dashboard for people and programs, by the name of the service."""

USUAL_PORTS = {GATEWAY.name: 8000, DASHBOARD.name: 8001}


def usual_doors() -> Doors:
    """Return the ports that the documents name, where nobody has them, else free ones."""
    return {name: usual_port(number) for name, number in USUAL_PORTS.items()}


def free_doors() -> Doors:
    """Return free ports, for what runs beside a `tidemill run`."""
    return {name: free_port() for name in USUAL_PORTS}


class ServiceParts:
    """Makes the parts of all services, each with a free port for health and metrics."""

    def __init__(
        self, models: Path, intents: Path, *, doors: Doors | None = None, kafka: KafkaKind = KafkaKind.REAL
    ) -> None:
        self._models = models
        self._intents = intents
        self._kafka = kafka
        self._link_secret = secrets.token_hex(32)
        self._ports = {service.name: free_port() for service in SERVICES}
        self._doors = doors or free_doors()
        self.urls = {name: f"http://{LOOPBACK}:{port}" for name, port in self._ports.items()}

    def __call__(self, addresses: Addresses) -> Sequence[Part]:
        """Return one part for each service, set up for the stack at `addresses`."""
        return [self._part(service, addresses) for service in SERVICES]

    def _part(self, service: Service, addresses: Addresses) -> Part:
        url = self.urls[service.name]
        env = {
            "TIDEMILL__KAFKA__BOOTSTRAP": addresses.kafka_bootstrap,
            "TIDEMILL__KAFKA__FETCH_WAIT_MS": str(FETCH_WAIT_MS),
            # A killed service takes its partitions back in 2 s instead of 10.
            "TIDEMILL__KAFKA__MEMBER": service.name,
            "TIDEMILL__TRITON__ADDRESS": addresses.triton_grpc,
            "TIDEMILL__REDIS__URL": addresses.redis_url,
            "TIDEMILL__MODELS_DIR": str(self._models),
            "TIDEMILL__INTENTS_FILE": str(self._intents),
            "TIDEMILL__HTTP__PORT": str(self._ports[service.name]),
            **service.env,
            **self._door(service),
        }
        return Part(
            name=service.name,
            command=(sys.executable, "-m", service.module),
            env=env,
            nice=BULK_NICE if service.bulk else 0,
            ready=HealthProbe(f"{url}/health/ready"),
            health=HealthCheck(probe=HealthProbe(f"{url}/health/live"), failures=3),
        )

    def door(self, name: str) -> str:
        """Return the address of the gateway or the dashboard, for people and programs."""
        return f"http://{LOOPBACK}:{self._doors[name]}"

    def _door(self, service: Service) -> Mapping[str, str]:
        """Return the variables of the gateway and the dashboard alone."""
        if service.name not in self._doors:
            return {}
        port = {f"TIDEMILL__{service.name.upper()}__PORT": str(self._doors[service.name])}
        if service is GATEWAY:
            return port | {
                "TIDEMILL__KAFKA_IN_MEMORY": str(self._kafka is KafkaKind.MEMORY),
                "TIDEMILL__KAFKA__FETCH_WAIT_MS": str(_GATEWAY_FETCH_WAIT_MS),
                "TIDEMILL__RESULTS__LINK_SECRET": self._link_secret,
            }
        return {
            **port,
            "TIDEMILL__GATEWAY_URL": self.door(GATEWAY.name),
            "TIDEMILL__SERVICES": json.dumps(self.urls),
            "TIDEMILL__ASSETS_DIR": str(ensure_web(say_nothing)),
        }
