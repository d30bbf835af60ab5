"""Opening of the acceptance of events: the connection to Kafka, which may come later and go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from services.gateway.accepting.acceptor import Acceptor, Writer
from services.gateway.accepting.claim_store import ClaimStore
from services.gateway.accepting.connection import Connection
from services.gateway.accepting.lease import Lease
from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.once import Once
from services.gateway.accepting.search import KafkaSearch
from services.gateway.accepting.submission import Accept
from services.gateway.settings import Settings
from shared.bus.kafka.producer import KafkaProducer
from shared.bus.port import Producer
from shared.cache.redis_store import open_store
from shared.cache.store import StoreAwayError
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
async def open_accepting(
    settings: Settings, registry: CollectorRegistry, stop: asyncio.Event
) -> AsyncIterator[Accepting]:
    """Yield the acceptance of events; its connection to Kafka is followed in the background.

    Raises ConfigError when Kafka refuses the set-up.
    """
    metrics = AcceptMetrics(registry)
    async with AsyncExitStack() as stack:
        connection = Connection(lambda: KafkaProducer(settings.kafka), metrics)
        await connection.start()
        stack.push_async_callback(connection.stop)
        store = open_store(settings.redis)
        stack.push_async_callback(store.aclose)
        lease = Lease(store)
        with suppress(StoreAwayError):
            await lease.renew()  # before the first claim is stored
        await stack.enter_async_context(beside(lease.keep(), stop))
        writer = Writer(connection, metrics, publisher=GATEWAY.publisher)
        claims = ClaimStore(store, remember_s=settings.accept.remember_h * 3600)
        once = Once(writer.write, claims, lease, KafkaSearch(settings.kafka), metrics=metrics)
        acceptor = Acceptor(once.accept, settings.accept)
        stack.push_async_callback(acceptor.aclose)
        await stack.enter_async_context(beside(connection.follow(), stop))
        yield Accepting(acceptor.accept, connection, lambda: connection.away)
