"""Opening of the acceptance of events: the connection to Kafka, which may come later and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from services.gateway.accepting.acceptor import Acceptor
from services.gateway.accepting.connection import Connection
from services.gateway.accepting.submission import Accept
from services.gateway.settings import Settings
from shared.bus.kafka.producer import KafkaProducer
from shared.bus.port import Producer
from shared.catalogue import GATEWAY
from shared.process.beside import beside
from shared.process.http import Verdict


@dataclass(frozen=True, slots=True)
class Accepting:
    """Acceptance of events, as the routes and the health of the gateway need it."""

    accept: Accept
    producer: Producer
    """Writes whatever else the gateway has to; it raises RetryableError while Kafka is away."""

    ready: Verdict


@asynccontextmanager
async def open_accepting(settings: Settings, stop: asyncio.Event) -> AsyncIterator[Accepting]:
    """Yield the acceptance of events; its connection to Kafka is followed in the background.

    Raises ConfigError when Kafka refuses the set-up.
    """
    async with AsyncExitStack() as stack:
        connection = Connection(lambda: KafkaProducer(settings.kafka))
        await connection.start()
        stack.push_async_callback(connection.stop)
        acceptor = Acceptor(connection, settings.accept, publisher=GATEWAY.publisher)
        stack.push_async_callback(acceptor.aclose)
        await stack.enter_async_context(beside(connection.follow(), stop))
        yield Accepting(acceptor.accept, connection, lambda: connection.away)
