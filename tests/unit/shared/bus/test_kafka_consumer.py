"""The consumer on aiokafka, where aiokafka itself goes wrong."""

import asyncio

import pytest

from shared.bus.kafka import KafkaConsumer
from shared.settings import KafkaSettings


class Connections:
    """What a client holds open."""

    def __init__(self) -> None:
        self.are_closed = False

    async def close(self) -> None:
        """Close them."""
        self.are_closed = True


class ClientThatCancelsItself:
    """An AIOKafkaConsumer whose broker was away when it was stopped."""

    def __init__(self) -> None:
        self._client = Connections()

    @property
    def connections(self) -> Connections:
        """Return what it must not leave open."""
        return self._client

    async def stop(self) -> None:
        """Pass on the end of a fetch."""
        raise asyncio.CancelledError

    async def hang(self) -> None:
        """Never end."""
        await asyncio.Event().wait()


def consumer_on(client: ClientThatCancelsItself) -> KafkaConsumer:
    consumer = KafkaConsumer(KafkaSettings(), ["topic"], group="group", member=None)
    consumer._client = client  # noqa: SLF001 -- no broker fails in just this way when asked to
    return consumer


async def test_a_fetch_that_the_client_cancelled_ends_nobody_else() -> None:
    client = ClientThatCancelsItself()

    await consumer_on(client).stop()

    assert client.connections.are_closed


async def test_a_stop_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ClientThatCancelsItself()
    monkeypatch.setattr(client, "stop", client.hang)
    stopping = asyncio.create_task(consumer_on(client).stop())
    await asyncio.sleep(0)

    stopping.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stopping
