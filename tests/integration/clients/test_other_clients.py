"""Results are read by clients in other languages without a plug-in: kafkajs, and Kafka's own in Java."""

import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deploy.local.paths import KAFKA_LIBS
from shared.bus.kafka.bus import KafkaBus
from shared.settings import KafkaSettings
from tests.support.buses import publish
from tests.support.events import message
from tests.support.npm import node_modules
from tests.support.said import record_of

COUNT = 200
WITHIN_S = 60
KAFKAJS = "kafkajs@2.2.4"
NODE_CONSUMER = Path(__file__).with_name("consume.js")


@pytest.fixture(scope="session")
def kafkajs() -> Path:
    """Return a folder with kafkajs, installed once."""
    return node_modules("kafkajs", KAFKAJS)


async def written(bootstrap: str, topic: str, codec: str | None) -> list[str]:
    """Write events as a service does, and return their values."""
    settings = KafkaSettings.model_validate(
        {"bootstrap": bootstrap} | ({"compression": codec} if codec else {})
    )
    bus = KafkaBus(settings)
    await bus.create_topics([topic], partitions=3)
    records = [record_of(message(number)) for number in range(COUNT)]
    await publish(bus, [type(record)(topic, record.key, record.value) for record in records])
    return sorted((record.value or b"").decode() for record in records)


def lines_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> list[str]:
    """Return what a consumer printed, sorted."""
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
        env={**os.environ, **(environment or {})},
    )
    assert ended.returncode == 0, ended.stderr
    return sorted(ended.stdout.splitlines())


@pytest.fixture
def topic() -> str:
    """Return a topic that nobody has used."""
    return f"clients.{uuid.uuid4()}"


@pytest.mark.parametrize("codec", [None, "none"], ids=["default", "none"])
async def test_kafkajs_reads_each_result_without_a_plug_in(
    real_kafka: str, kafkajs: Path, topic: str, codec: str | None
) -> None:
    expected = await written(real_kafka, topic, codec)

    found = lines_of(["node", str(NODE_CONSUMER), real_kafka, topic, str(COUNT)], {"NODE_PATH": str(kafkajs)})

    assert found == expected


@pytest.mark.parametrize("codec", [None, "none", "snappy", "lz4", "zstd"])
async def test_the_console_consumer_of_kafka_reads_each_result(
    real_kafka: str, topic: str, codec: str | None
) -> None:
    expected = await written(real_kafka, topic, codec)
    tool = ["java", "-Xmx128m", "-cp", f"{KAFKA_LIBS}/*", "org.apache.kafka.tools.consumer.ConsoleConsumer"]
    asked = ["--topic", topic, "--from-beginning", "--max-messages", str(COUNT), "--timeout-ms", "30000"]

    found = lines_of([*tool, "--bootstrap-server", real_kafka, *asked])

    assert found == expected
