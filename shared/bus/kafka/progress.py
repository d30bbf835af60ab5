"""Waits until services have read everything on their topics."""

import asyncio
from collections.abc import Iterable, Mapping

from shared.bus.kafka.inspector import GroupPosition, KafkaInspector
from shared.bus.record import Partition
from shared.catalogue import SERVICES, Service, readers
from shared.settings import KafkaSettings

_LOOK_EVERY_S = 0.05


async def caught_up(kafka: KafkaSettings, services: Iterable[Service] = SERVICES) -> bool:
    """Return whether these services have committed all records of their input topics.

    Raises RetryableError when the broker can't be reached.
    """
    inspector = KafkaInspector(kafka)
    found = [
        await inspector.positions(service.group, service.input_topics)
        for service in services
        if service.inputs
    ]
    return all(at.lag_records == 0 for positions in found for at in positions.values())


async def read_up(kafka: KafkaSettings, topic: str) -> None:
    """Return when every service that reads a topic has committed the records that it has now."""
    inspector, groups = KafkaInspector(kafka), [service.group for service in readers(topic)]
    found = [await inspector.positions(group, [topic]) for group in groups]
    ends = [{partition: at.end for partition, at in positions.items()} for positions in found]
    while not all(map(_reaches, found, ends)):
        await asyncio.sleep(_LOOK_EVERY_S)
        found = [await inspector.positions(group, [topic]) for group in groups]


def _reaches(positions: Mapping[Partition, GroupPosition], ends: Mapping[Partition, int]) -> bool:
    """Return whether a group has committed all records before these ends."""
    return all(positions[each].first_waiting >= end for each, end in ends.items() if each in positions)
