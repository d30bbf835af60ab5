"""Wiring of the support bot: settings in, a running stream out."""

import asyncio

from prometheus_client import CollectorRegistry

from services.support_bot.handler import SupportBot
from services.support_bot.replies import load_answers
from services.support_bot.settings import Settings
from shared.bus.kafka.bus import KafkaBus
from shared.bus.metrics import StreamMetrics
from shared.bus.stream import Source, Stream
from shared.catalogue import SUPPORT_BOT
from shared.process.health import stream_health
from shared.process.http import serve_http


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set."""
    registry = CollectorRegistry()
    stream = Stream(
        KafkaBus(settings.kafka),
        Source(
            reads=SUPPORT_BOT.inputs,
            group=SUPPORT_BOT.group,
            publisher=SUPPORT_BOT.publisher,
            member=settings.kafka.member,
        ),
        SupportBot(load_answers(settings.replies_file), settings.routing),
        limits=settings.limits,
        metrics=StreamMetrics(registry),
    )
    health = stream_health(stream, stall_after_s=settings.limits.stall_after_s)
    http = await serve_http(settings.http, health, registry)
    try:
        await stream.run(stop)
    finally:
        await http.cleanup()
