"""Inputs of a stateful service and its table, with the check that their partitions match."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.bus.kafka.topics import KafkaTopics
from shared.catalogue import Table
from shared.errors import ConfigError
from shared.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The topics that are read, as which group, and the table behind them."""

    inputs: Mapping[str, type[Event]]
    """The type of the events on each input topic."""

    group: str
    table: Table
    partitions: int
    """Of each input topic and of the changelog."""

    member: str | None = None

    @property
    def changelog(self) -> str:
        """Return the topic that the table is recovered from."""
        return self.table.changelog(self.group)

    async def check(self, topics: KafkaTopics) -> None:
        """Return when the inputs and the changelog have equally many partitions.

        Raises ConfigError where they differ, RetryableError when the broker can't be reached.
        """
        counts = await topics.partition_counts([*self.inputs, self.changelog])
        common_partition_count(counts, changelog=self.changelog)


def common_partition_count(counts: Mapping[str, int], *, changelog: str | None = None) -> int:
    """Return the number of partitions that all inputs, and the changelog where there is one, have.

    Raises ConfigError where they differ: a key's records and its state must lie in partitions of one number.
    """
    inputs = {topic: count for topic, count in counts.items() if topic != changelog}
    listed = ", ".join(f"{topic} has {count}" for topic, count in inputs.items())
    most = max(inputs.values())
    if len(set(inputs.values())) > 1:
        raise ConfigError(
            f"the inputs are joined by key and need equally many partitions, but {listed}: "
            f"give each {most} with `kafka-topics.sh --alter --partitions {most}`"
        )
    if changelog is not None and counts[changelog] != most:
        raise ConfigError(
            f"{listed} partitions, but the table's topic {changelog} has {counts[changelog]}: keys have "
            f"moved to other partitions. Stop all processes of the service, delete {changelog}, start again: "
            f"states are built anew from what the inputs still hold, results come again with the same ids"
        )
    return most
