"""The end of a client, where aiokafka itself goes wrong."""

import asyncio

from shared.bus.kafka.bus import KafkaConsumer
from shared.settings import KafkaSettings


class Connections:
    """Connections of a client."""

    def __init__(self) -> None:
        self.are_closed = False
        self._conns: dict[str, object] = {}

    async def close(self) -> None:
        """Close them."""
        self.are_closed = True


class ClientThatCancelsItself:
    """An AIOKafkaConsumer whose broker was away when it was stopped."""

    def __init__(self) -> None:
        self._client = Connections()
        self._coordinator = None
        self._fetcher = None

    @property
    def connections(self) -> Connections:
        """Return what it must not leave open."""
        return self._client

    async def stop(self) -> None:
        """Pass on the end of a fetch."""
        raise asyncio.CancelledError


async def test_a_fetch_that_the_client_cancelled_ends_nobody_else() -> None:
    client = ClientThatCancelsItself()
    consumer = KafkaConsumer(KafkaSettings(), ["topic"], group="group", identity=None)
    consumer._client = client  # noqa: SLF001 -- no broker fails in just this way when asked to

    await consumer.stop()

    assert client.connections.are_closed
