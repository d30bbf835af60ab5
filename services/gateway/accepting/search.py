"""Search in a topic for events that a gateway may have written before it died."""

from collections.abc import Collection, Mapping
from typing import Final, Protocol
from uuid import UUID

from shared.bus.kafka.history import KafkaHistory
from shared.bus.record import Place
from shared.events.headers import event_id_of
from shared.settings import KafkaSettings

_BEFORE_MS: Final = 60_000
"""Clocks of gateways and brokers may differ by so much."""

_AFTER_MS: Final = 180_000
"""Longer than a producer keeps a record that it can't send, and the difference of clocks."""


class Search(Protocol):
    """Finds events on their topic."""

    async def __call__(
        self, topic: str, ids: Collection[UUID], first_ms: int, last_ms: int
    ) -> Mapping[UUID, Place]:
        """Return the places of those of the events that were sent between these times.

        Raises RetryableError when the broker doesn't answer.
        """
        ...


class KafkaSearch:
    """Search on a Kafka cluster: in all partitions, as their number may have grown since."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def __call__(
        self, topic: str, ids: Collection[UUID], first_ms: int, last_ms: int
    ) -> Mapping[UUID, Place]:
        """Return the places of those of the events that were sent between these times, the first of each."""
        wanted = {str(event_id): event_id for event_id in ids}
        found: dict[UUID, Place] = {}
        async with KafkaHistory(self._settings) as history:
            since = await history.since(await history.spans([topic]), first_ms - _BEFORE_MS)
            behind = await history.since(since, last_ms + _AFTER_MS)
            spans = {each: range(span.start, behind[each].start) for each, span in since.items()}
            async for records in history.read(spans):
                for record in records:
                    event_id = wanted.get(event_id_of(record.headers))
                    if event_id is not None:
                        found.setdefault(event_id, Place(record.partition, record.offset))
        return found
