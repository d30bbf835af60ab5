"""The wiring: settings in, a running stream out."""

import asyncio
from contextlib import AsyncExitStack

import structlog
from prometheus_client import CollectorRegistry

from services.sentiment_alerts.handler import SentimentAlerts
from services.sentiment_alerts.settings import Settings
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.reader import KafkaFinder, KafkaInspector
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.metrics import StreamMetrics
from shared.catalogue import COMPACTED, SENTIMENT_ALERTS
from shared.clock import utc_now
from shared.errors import RetryableError
from shared.events import NewsArticleAnalyzed
from shared.process.health import stream_health
from shared.process.http import serve_http
from shared.settings import KafkaSettings
from shared.stateful.apply import Applier
from shared.stateful.stream import NewsSource, NewsStream, changelog_topic

GROUP = SENTIMENT_ALERTS.group
_MEASURE_INTERVAL_S = 1.0


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the alerts until `stop` is set."""
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    async with AsyncExitStack() as stack:
        producer = KafkaBus(settings.kafka).producer()
        await producer.start()
        stack.push_async_callback(producer.stop)
        finder = KafkaFinder(settings.kafka, group=GROUP)
        await finder.start()
        stack.push_async_callback(finder.stop)
        limits = settings.limits
        applier = Applier(
            SentimentAlerts(settings.alerts, utc_now),
            producer,
            group=GROUP,
            metrics=metrics,
            limits=limits,
        )
        stream = NewsStream(settings.kafka, await _source(settings.kafka), finder, applier.apply)
        health = stream_health(stream, stall_after_s=limits.stall_after_s)
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        measuring = asyncio.create_task(_measure(stream, metrics))
        stack.callback(measuring.cancel)
        await stream.run(stop)


async def _source(kafka: KafkaSettings) -> NewsSource:
    """Return the topic with its partitions, its changelog made.

    Raises ConfigError where Kafka doesn't let us; Faust would wait for its group without a word.
    """
    topics = KafkaTopics(kafka)
    partitions = await topics.partition_count(NewsArticleAnalyzed.name)
    await topics.create(changelog_topic(GROUP), partitions=partitions, config=COMPACTED)
    await KafkaInspector(kafka).positions(GROUP, [NewsArticleAnalyzed.name])
    return NewsSource(topic=NewsArticleAnalyzed.name, group=GROUP, partitions=partitions, member=kafka.member)


async def _measure(stream: NewsStream, metrics: StreamMetrics) -> None:
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(_MEASURE_INTERVAL_S)
        try:
            lag = await stream.lag()
        except RetryableError as error:
            log.warning("lag_unknown", why=str(error))
            continue
        metrics.set_lag(lag)
