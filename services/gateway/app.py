"""Wiring of the gateway: Kafka, application, web server, health."""

import asyncio
from contextlib import AsyncExitStack

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from services.gateway.accepting.opening import open_accepting
from services.gateway.api import application
from services.gateway.corrections.corrector import Corrector
from services.gateway.direct.direct import Direct
from services.gateway.direct.opening import open_direct
from services.gateway.guard.opening import check_open, guarded
from services.gateway.redrive.redriver import Redriver
from services.gateway.results.results import Results
from services.gateway.routes import (
    analyze,
    articles,
    classify,
    corrections,
    dead_letters,
    images,
    me,
    messages,
    stream,
)
from services.gateway.routes import results as result_routes
from services.gateway.routes.receiving import Receiving
from services.gateway.settings import Settings
from shared.bus.port import Producer
from shared.cache.open import open_cache
from shared.corrections.follower import CorrectionsFollower
from shared.corrections.labels import Labels
from shared.process.http import Health, serve_http
from shared.process.web import serve_web


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the gateway until `stop` is set."""
    check_open(settings)
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        accepting = await stack.enter_async_context(open_accepting(settings, registry, stop))
        cache = await open_cache(settings.redis, registry)
        stack.push_async_callback(cache.aclose)
        results = Results(settings.kafka, settings.results, cache, registry)
        await stack.enter_async_context(results.running(stop))
        health = Health(live=lambda: None, ready=lambda: accepting.ready() or results.fault())
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        direct = await stack.enter_async_context(open_direct(settings, cache, registry, stop))
        receiving = Receiving(accepting.accept, results.replies)
        redriver = Redriver(
            kafka=settings.kafka, producer=accepting.producer, keeps_little=settings.kafka_in_memory
        )
        corrector = _corrector(settings, accepting.producer)
        app = application(
            routers(
                receiving=receiving, results=results, direct=direct, redriver=redriver, corrector=corrector
            )
        )
        front = await stack.enter_async_context(guarded(app, settings, registry, stop))
        await serve_web(front.app, settings.gateway, stop, http=front.protocol)


def _corrector(settings: Settings, producer: Producer) -> Corrector:
    return Corrector(
        kafka=settings.kafka,
        producer=producer,
        labels=Labels(repository=settings.models_dir, intents_file=settings.intents_file),
        follower=CorrectionsFollower(settings.kafka),
    )


def routers(
    *, receiving: Receiving, results: Results, direct: Direct, redriver: Redriver, corrector: Corrector
) -> tuple[APIRouter, ...]:
    """Return the resources of the gateway; they connect to nothing until a request comes."""
    return (
        # The busiest first: FastAPI asks each router in turn.
        messages.router(receiving),
        articles.router(receiving),
        images.router(receiving),
        me.routes,
        result_routes.router(results),
        stream.router(results),
        analyze.router(direct),
        classify.router(direct),
        dead_letters.router(redriver),
        corrections.router(corrector),
    )
