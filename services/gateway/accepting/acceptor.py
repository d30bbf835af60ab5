"""Acceptor: publishes an event, and returns once Kafka has acknowledged it."""

from shared.bus.port import Producer
from shared.bus.record import Outgoing
from shared.events import Event
from shared.events.codec import encode
from shared.events.headers import Trace


class Acceptor:
    """Accepts events on behalf of those who call the gateway."""

    def __init__(self, producer: Producer, *, publisher: str) -> None:
        self._producer = producer
        self._publisher = publisher

    async def accept(self, event: Event, trace: Trace) -> None:
        """Return once every in-sync replica has the event.

        Raises RetryableError when the broker is away, RecordTooLargeError when the event is too large.
        """
        record = encode(event, source=self._publisher, trace=trace)
        await self._producer.publish([Outgoing(record.topic, record.key, record.value, record.headers)])
