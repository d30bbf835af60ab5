"""Waits until services have read everything on their topics."""

import asyncio
from collections.abc import Iterable

from shared.bus.kafka.inspector import KafkaInspector
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
    """Return when every service that reads a topic has committed all of its records."""
    while not await caught_up(kafka, readers(topic)):  # noqa: ASYNC110 - the broker must be asked, it never tells
        await asyncio.sleep(_LOOK_EVERY_S)
