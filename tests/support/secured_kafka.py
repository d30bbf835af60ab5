"""A real Kafka that asks for a password, over TLS, and lets nobody do what was not granted."""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from tenacity import retry, stop_after_delay, wait_fixed

from deploy.kafka.real import RealKafka
from deploy.kafka.setup import ensure_kafka
from deploy.local.child import TETHER
from deploy.local.part import Part
from deploy.local.ports import LOOPBACK, Port, free_port
from shared.errors import ConfigError
from shared.settings import KafkaSettings
from tests.support.certificates import Certificate, new_certificate

PASSWORD = "canary-scram-Jh7vQ2"
"""Of every user; tests look for it where it must not be."""

SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"

_ANSWER_WITHIN_S = 10.0
_START_WITHIN_S = 90


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """Two doors: TLS and SCRAM for clients, and one on loopback for the administrator that tests play."""

    broker: RealKafka
    port: Port
    certificate: Certificate

    def settings(self, user: str, **more: Any) -> KafkaSettings:
        """Return the settings of a client that does everything right, but for what `more` says."""
        right = {
            "bootstrap": f"{LOOPBACK}:{self.port}",
            "security_protocol": "SASL_SSL",
            "username": user,
            "password": PASSWORD,
            "ca_file": str(self.certificate.certificate),
            "session_timeout_ms": 6_000,
        }
        return KafkaSettings.model_validate(right | more)

    def environment(self, user: str, **more: str) -> dict[str, str]:
        """Return the same for a process; the names in `more` are those of Kafka's settings."""
        values = {
            "BOOTSTRAP": f"{LOOPBACK}:{self.port}",
            "SECURITY_PROTOCOL": "SASL_SSL",
            "USERNAME": user,
            "PASSWORD": PASSWORD,
            "CA_FILE": str(self.certificate.certificate),
        }
        return {f"TIDEMILL__KAFKA__{name}": value for name, value in (values | more).items()}

    def add_user(self, user: str) -> None:
        """Give `user` the password of all."""
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        new = UserScramCredentialUpsertion(user, scram, PASSWORD.encode())
        self._ask(lambda admin: admin.alter_user_scram_credentials([new]))

    def add_topics(self, names: Iterable[str], *, partitions: int = 2, **config: str) -> None:
        """Create topics, which no client of this broker may do."""
        new = [
            NewTopic(name, num_partitions=partitions, replication_factor=1, config=config) for name in names
        ]
        self._ask(lambda admin: admin.create_topics(new))

    def grant(self, *words: str) -> None:
        """Take the words of `kafka-acls.sh --add --allow-principal User:...`: USER --operation Read ..."""
        self._ask(lambda admin: admin.create_acls(acls_of(words)))

    def _ask(self, question: Callable[[AdminClient], Mapping[Any, Future[Any]]]) -> None:
        # Held until the answers are there: a client takes its questions with it.
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})
        for answer in question(admin).values():
            answer.result(_ANSWER_WITHIN_S)


def acls_of(words: Iterable[str]) -> list[AclBinding]:
    """Return the rules that kafka-acls.sh makes of these words."""
    parser = argparse.ArgumentParser()
    parser.add_argument("user")
    parser.add_argument("--operation", action="append", required=True)
    parser.add_argument("--resource-pattern-type", default="literal")
    kinds = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
    kinds["transactional_id"] = ResourceType.TRANSACTIONAL_ID
    for kind in kinds:
        parser.add_argument(f"--{kind.replace('_', '-')}", action="append", default=[])
    said = parser.parse_args(list(words))
    pattern = ResourcePatternType[said.resource_pattern_type.upper()]
    return [
        AclBinding(
            resource,
            name,
            pattern,
            f"User:{said.user}",
            "*",
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for kind, resource in kinds.items()
        for name in getattr(said, kind)
        for operation in said.operation
    ]


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """Run one while the context lasts. Skips the test where it cannot run, except in CI."""
    try:
        libs = ensure_kafka(lambda _: None)
    except ConfigError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    port, certificate = free_port(), new_certificate(folder, "broker")
    broker_port, controller_port = free_port(), free_port()
    broker = RealKafka(
        folder / "kafka",
        libs,
        broker_port=broker_port,
        controller_port=controller_port,
        properties=_doors(folder, certificate, port, broker_port, controller_port),
    )
    with _running(broker, folder / "kafka.log"):
        yield SecuredKafka(broker, port, certificate)


def _doors(
    folder: Path, certificate: Certificate, port: Port, broker_port: Port, controller_port: Port
) -> dict[str, str]:
    keys = folder / "keystore.pem"
    keys.write_text(certificate.together(), encoding="ascii")
    inside = f"BROKER://{LOOPBACK}:{broker_port}"
    outside = f"CLIENTS://{LOOPBACK}:{port}"
    door = "listener.name.clients"
    return {
        "listeners": f"{inside},CONTROLLER://{LOOPBACK}:{controller_port},{outside}",
        "advertised.listeners": f"{inside},{outside}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL",
        f"{door}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        f"{door}.scram-sha-512.sasl.jaas.config": f"{SCRAM_MODULE} required;",
        f"{door}.ssl.keystore.type": "PEM",
        f"{door}.ssl.keystore.location": str(keys),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # who comes through the door without a lock
        "auto.create.topics.enable": "false",
    }


async def _ready(part: Part) -> None:
    await part.ready()


@contextmanager
def _running(broker: RealKafka, log: Path) -> Iterator[None]:
    part = broker.part()
    part.prepare()
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    with (
        log.open("wb") as output,
        subprocess.Popen([*tether, *part.command], stdout=output, stderr=output) as child,
    ):
        try:
            retry(wait=wait_fixed(0.1), stop=stop_after_delay(_START_WITHIN_S), reraise=True)(
                lambda: asyncio.run(_ready(part))
            )()
            yield
        finally:
            child.kill()
