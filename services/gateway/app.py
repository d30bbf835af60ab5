"""Wiring of the gateway: Kafka, application, web server, health."""

import asyncio
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry
from starlette.middleware import Middleware

from services.gateway.accepting.acceptor import Acceptor
from services.gateway.api import Parts, application
from services.gateway.direct.direct import Direct
from services.gateway.direct.opening import open_direct
from services.gateway.guard.guard import Guard
from services.gateway.redrive.redriver import Redriver
from services.gateway.routes import analyze, classify, dead_letters, me, messages
from services.gateway.settings import Settings
from shared.bus.kafka.bus import KafkaBus
from shared.catalogue import GATEWAY
from shared.process.http import Health, serve_http
from shared.process.web import serve_web


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the gateway until `stop` is set."""
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        producer = KafkaBus(settings.kafka).producer()
        await producer.start()
        stack.push_async_callback(producer.stop)
        health = Health(live=lambda: None, ready=lambda: None)
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        direct = await stack.enter_async_context(open_direct(settings, registry, stop))
        acceptor = Acceptor(producer, publisher=GATEWAY.publisher)
        redriver = Redriver(kafka=settings.kafka, producer=producer, keeps_little=settings.kafka_in_memory)
        app = application(parts(acceptor=acceptor, direct=direct, redriver=redriver))
        await serve_web(app, settings.gateway, stop)


def parts(*, acceptor: Acceptor, direct: Direct, redriver: Redriver) -> Parts:
    """Return the parts of the application; they connect to nothing until a request comes."""
    return Parts(
        routers=(
            me.routes,
            messages.router(acceptor),
            analyze.router(direct),
            classify.router(direct),
            dead_letters.router(redriver),
        ),
        middleware=(Middleware(Guard),),
    )
