"""A gateway in this process, on a Kafka of its own, called by a key with some scopes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from deploy.local.paths import MODELS
from services.gateway.api import application
from services.gateway.corrections.corrector import Corrector
from services.gateway.guard.caller import Caller
from services.gateway.redrive.redriver import Redriver
from services.gateway.routes import corrections, dead_letters
from shared.bus.kafka.bus import KafkaBus
from shared.corrections.follower import CorrectionsFollower
from shared.corrections.labels import Labels
from shared.settings import KafkaSettings
from tests.support.callers import CalledBy


@asynccontextmanager
async def door(bootstrap: str, by: Caller) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the routes for people."""
    kafka = KafkaSettings(bootstrap=bootstrap)
    producer = KafkaBus(kafka).producer()
    await producer.start()
    try:
        redriver = Redriver(kafka=kafka, producer=producer)
        labels = Labels(repository=MODELS, intents_file=MODELS / "no_intents.json")
        follower = CorrectionsFollower(kafka)
        corrector = Corrector(kafka=kafka, producer=producer, labels=labels, follower=follower)
        routers = (dead_letters.router(redriver), corrections.router(corrector))
        app = application(routers)
        transport = httpx.ASGITransport(CalledBy(app, by))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield client
    finally:
        await producer.stop()
