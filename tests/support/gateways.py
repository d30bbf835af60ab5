"""A gateway's answering half on a port of its own, with a route that accepts messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from httpx import AsyncClient, TransportError
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from deploy.local.ports import LOOPBACK, Port, free_port
from services.gateway.api import application
from services.gateway.guard.caller import ANYBODY, Caller
from services.gateway.results.results import Results
from services.gateway.results.settings import ResultSettings
from services.gateway.routes import results as result_routes
from services.gateway.routes import stream
from shared.bus.kafka.bus import KafkaBus
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Place
from shared.cache.memory import NullCache
from shared.cache.port import Cache
from shared.events.headers import new_trace
from shared.process.web import serve_web
from shared.settings import KafkaSettings, ListenSettings
from tests.support.callers import CalledBy
from tests.support.events import NOON, message

SETTINGS = ResultSettings(link_secret=SecretStr("the secret of all tests"))


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway."""

    client: AsyncClient
    results: Results
    registry: CollectorRegistry


@asynccontextmanager
async def gateway(
    kafka: KafkaSettings,
    *,
    settings: ResultSettings = SETTINGS,
    cache: Cache | None = None,
    caller: Caller = ANYBODY,
    port: Port | None = None,
) -> AsyncIterator[Gateway]:
    """Yield a gateway that answers every request as one of `caller`."""
    stop, registry, port = asyncio.Event(), CollectorRegistry(), port or free_port()
    results = Results(kafka, settings, cache or NullCache(), registry)
    producer = KafkaBus(kafka).producer()
    await producer.start()
    routers = (_messages(results, producer, caller), result_routes.router(results), stream.router(results))
    app = CalledBy(application(routers), caller)
    async with (
        results.running(stop),
        AsyncClient(base_url=f"http://{LOOPBACK}:{port.number}", timeout=60.0) as client,
    ):
        serving = asyncio.create_task(serve_web(app, ListenSettings(port=port.number), stop))
        try:
            await _listening(client)
            yield Gateway(client, results, registry)
        finally:
            stop.set()
            await serving
            await producer.stop()


async def _listening(client: AsyncClient) -> None:
    async with asyncio.timeout(10.0):
        while True:
            try:
                await client.get("/v1/nothing")
            except TransportError:
                await asyncio.sleep(0.01)
            else:
                return


def _messages(results: Results, producer: Producer, caller: Caller) -> APIRouter:
    """Return a route that writes a message with the text in the body, in a conversation of its own."""
    routes = APIRouter()

    @routes.post("/messages")
    async def receive(request: Request) -> Response:
        event_id, text = uuid4(), (await request.body()).decode()
        publish = partial(_publish, producer, event_id, text)
        return await results.replies.reply(request, caller, event_id, publish)

    return routes


async def _publish(producer: Producer, event_id: UUID, text: str) -> Place:
    event = message(1, text=text).model_copy(
        update={"event_id": event_id, "conversation_id": str(event_id), "occurred_at": NOON}
    )
    [place] = await producer.publish([Outgoing.of(event, source="test", trace=new_trace())])
    return place


async def answered(client: AsyncClient, link: str) -> Any:
    """Return the body of the results at a link, asked for again while they are pending."""
    async with asyncio.timeout(40.0):
        while (answer := await client.get(link)).status_code == 202:  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.1)
    return answer.json()
