"""Wiring of the inference service: Kafka, Triton, cache, models, health and the stream."""

import asyncio
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from services.inference.handler import InferenceHandler
from services.inference.settings import Settings
from shared.bus.kafka.bus import KafkaBus
from shared.bus.metrics import StreamMetrics
from shared.bus.stream import Source, Stream
from shared.cache.open import open_cache
from shared.catalogue import STREAMS
from shared.inference.prototypes import IntentsFile
from shared.inference.triton import CallLimits, TritonRunner
from shared.process.beside import beside
from shared.process.health import stream_health
from shared.process.http import serve_http
from shared.serving.models import Models
from shared.serving.streams import StreamTasks, stream_tasks
from shared.waiting import finished


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the stream named in the settings until `stop` is set."""
    tasks = stream_tasks(STREAMS[settings.stream], IntentsFile(settings.intents_file))
    await serve_tasks(tasks, settings, stop)


async def serve_tasks(tasks: StreamTasks, settings: Settings, stop: asyncio.Event) -> None:
    """Run the stream named in the settings, with these tasks, until `stop` is set."""
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        limits = CallLimits(deadline_s=settings.triton.deadline_s)
        runner = TritonRunner(settings.triton.address, limits=limits)
        stack.push_async_callback(runner.aclose)
        cache = await open_cache(settings.redis, registry)
        stack.push_async_callback(cache.aclose)
        models = Models(settings, runner, cache, registry)
        stack.callback(models.close)
        stream = Stream(
            KafkaBus(settings.kafka),
            _source(settings),
            InferenceHandler(tasks, models.predictors),
            limits=settings.limits,
            metrics=StreamMetrics(registry),
        )
        health = stream_health(
            stream, stall_after_s=settings.limits.stall_after_s, waiting=models.waiting_for
        )
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        if await finished(models.open_all(tasks.all), stop):
            await stack.enter_async_context(beside(models.follow(), stop))
            await stream.run(stop)


def _source(settings: Settings) -> Source:
    service = STREAMS[settings.stream]
    return Source(
        reads=service.inputs,
        group=service.group,
        publisher=service.publisher,
        member=settings.kafka.member,
    )
