"""A gateway in this process, on a Kafka of its own, called by a key with some scopes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.gateway.api import Parts, application
from services.gateway.guard.caller import Caller
from services.gateway.redrive.redriver import Redriver
from services.gateway.routes import dead_letters
from shared.bus.kafka.bus import KafkaBus
from shared.settings import KafkaSettings
from tests.support.callers import CalledBy


@asynccontextmanager
async def door(bootstrap: str, by: Caller) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the routes for people."""
    kafka = KafkaSettings(bootstrap=bootstrap)
    producer = KafkaBus(kafka).producer()
    await producer.start()
    try:
        app = application(Parts(routers=(dead_letters.router(Redriver(kafka=kafka, producer=producer)),)))
        transport = httpx.ASGITransport(CalledBy(app, by))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield client
    finally:
        await producer.stop()
