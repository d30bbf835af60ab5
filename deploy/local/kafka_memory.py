"""An in-memory Kafka in a process of its own: python -m deploy.local.kafka_memory ADDRESS_FILE.

It is the cluster that librdkafka has for its own tests. It speaks the real protocol: groups, commits,
idempotence and transactions. It lacks CreateTopics (a topic is created by its first use, always with the same
number of partitions), log compaction and retention by time. Each partition holds its newest 5 MB of batches
and deletes older ones, so memory is bounded, and a reader that far behind misses messages. It stores nothing:
its messages are gone when it ends.
"""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Producer

from deploy.kafka.probe import KafkaProbe
from deploy.local.part import Part

PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class MemoryKafka:
    """The in-memory broker; it chooses its port and writes the address to a file."""

    address_file: Path

    @property
    def bootstrap(self) -> str:
        """Address for clients; known once the part is ready.

        Raises: FileNotFoundError before that.
        """
        return self.address_file.read_text()

    def part(self) -> Part:
        """Return the part; it is not restarted, as its messages are lost with it."""
        return Part(
            name="kafka",
            command=(sys.executable, "-m", "deploy.local.kafka_memory", str(self.address_file)),
            prepare=self._forget,
            ready=self._ready,
            restart=False,
        )

    def _forget(self) -> None:
        self.address_file.unlink(missing_ok=True)

    async def _ready(self) -> None:
        await KafkaProbe(self.bootstrap).metadata()


def main() -> None:
    """Run a broker, write its address to the file named on the command line, and wait for a signal."""
    broker = Producer(
        {
            "test.mock.num.brokers": 1,
            "bootstrap.servers": "overwritten by the mock",
            "topic.metadata.refresh.interval.ms": -1,
            "log_level": 3,
        }
    )
    bootstrap = next(iter(broker.list_topics(timeout=10).brokers.values()))
    target = Path(sys.argv[1])
    unfinished = target.with_suffix(".part")
    unfinished.write_text(f"{bootstrap.host}:{bootstrap.port}")
    unfinished.replace(target)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
