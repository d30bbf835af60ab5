"""A real Apache Kafka as a part: a KRaft node without Docker, its messages in a folder."""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from deploy.kafka.probe import KafkaProbe
from deploy.local.part import Part
from deploy.local.paths import KAFKA_LIBS
from deploy.local.ports import LOOPBACK, Port, free_port

PROPERTIES = Path(__file__).with_name("server.properties")
LOG_CONFIG = Path(__file__).with_name("log4j2.properties")
HEAP = "512m"

_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that lives for minutes: no second compiler.

It starts sooner, and the first 8,000 messages cost 150 us of CPU time each in place of 300 us.
"""


@dataclass(frozen=True, slots=True)
class RealKafka:
    """One node; it keeps its messages and its ports over a restart."""

    folder: Path
    """Folder of its settings and messages; a temporary one when nothing is to be kept."""
    libs: Path = KAFKA_LIBS
    partitions: int = 4
    """Partitions of a topic that is created by its first use."""
    broker_port: Port = field(default_factory=free_port)
    controller_port: Port = field(default_factory=free_port)
    properties: Mapping[str, str] = field(default_factory=dict)
    """Broker settings that extend or replace those of server.properties."""
    name: str = "kafka"
    cluster_id: str = ""
    """Id of the cluster whose voters the settings name; empty for a single node."""

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"{LOOPBACK}:{self.broker_port}"

    def part(self) -> Part:
        """Return the part; it is ready when it can coordinate consumer groups."""
        return Part(
            name=self.name,
            command=(*self._java(f"-Xmx{HEAP}"), "kafka.Kafka", str(self._properties)),
            prepare=self._format,
            ready=KafkaProbe(self.bootstrap).coordinator,
        )

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    def _java(self, *flags: str) -> tuple[str, ...]:
        settings = f"-Dlog4j2.configurationFile={LOG_CONFIG}"
        return ("java", *flags, *_JVM, settings, "-cp", f"{self.libs}/*")

    def _format(self) -> None:
        """Write the settings, and an empty log at the first start."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._settings())
        if (self._logs / "meta.properties").is_file():
            return
        settings = ("-c", str(self._properties), "-t", self.cluster_id or new_cluster_id())
        alone = () if self.cluster_id else ("--standalone",)
        tool = ("kafka.tools.StorageTool", "format", *settings, *alone)
        subprocess.run([*self._java(), *tool], check=True, capture_output=True)

    def _settings(self) -> str:
        usual = Template(PROPERTIES.read_text()).substitute(
            host=LOOPBACK,
            broker_port=self.broker_port,
            controller_port=self.controller_port,
            logs=self._logs,
            partitions=self.partitions,
        )
        # Of two lines with one name Java takes the later.
        return usual + "".join(f"{name}={value}\n" for name, value in self.properties.items())


def new_cluster_id() -> str:
    """Return an id as Kafka wants it: 16 random bytes in 22 characters, none of which begins an option."""
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    return new_cluster_id() if made.startswith("-") else made
