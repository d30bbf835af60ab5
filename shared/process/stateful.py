"""Wiring of a stateful service: settings in, a running stream out."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from shared import catalogue
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.finder import KafkaFinder
from shared.bus.kafka.inspector import KafkaInspector
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.metrics import StreamMetrics
from shared.clock import utc_now
from shared.errors import ConfigError, RetryableError
from shared.process.health import stream_health
from shared.process.http import serve_http
from shared.settings import KafkaSettings
from shared.stateful.apply import Applier, ApplierPolicy
from shared.stateful.service import StatefulService
from shared.stateful.settings import StatefulSettings
from shared.stateful.source import Source, common_partition_count
from shared.stateful.state import StateT
from shared.stateful.stream import StatefulStream
from shared.stateful.table import StateTable
from shared.stateful.whole import WholeTable

_MEASURE_INTERVAL_S = 1.0


async def serve_stateful(
    settings: StatefulSettings,
    entry: catalogue.Service,
    service: StatefulService[Any, StateT],
    stop: asyncio.Event,
    *,
    whole: Sequence[WholeTable[Any]] = (),
) -> None:
    """Run a stateful service of the catalogue until `stop` is set.

    The tables in `whole` are read before the first record is, and followed from then on.
    """
    registry = CollectorRegistry()
    metrics = StreamMetrics(registry)
    async with AsyncExitStack() as stack:
        producer = KafkaBus(settings.kafka).producer()
        await producer.start()
        stack.push_async_callback(producer.stop)
        finder = KafkaFinder(settings.kafka, group=entry.group)
        await finder.start()
        stack.push_async_callback(finder.stop)
        for table in whole:
            stack.push_async_callback(table.stop)
            await table.start()
        source = await open_source(settings.kafka, entry)
        policy = ApplierPolicy(
            group=entry.group,
            source=entry.publisher,
            reads=entry.inputs,
            metrics=metrics,
            limits=settings.limits,
            clock=utc_now,
        )
        stream = StatefulStream(
            settings.kafka,
            source,
            finder,
            lambda rows: Applier(service, StateTable(rows, rows, service), producer, policy),
        )
        health = stream_health(stream, stall_after_s=settings.limits.stall_after_s)
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        measuring = asyncio.create_task(_measure(stream, metrics))
        stack.callback(measuring.cancel)
        await stream.run(stop, *(table.follow() for table in whole))


async def open_source(kafka: KafkaSettings, entry: catalogue.Service) -> Source:
    """Return the inputs of a service, and its table with the topic behind it, which is created if missing.

    Raises ConfigError where partitions don't match, or Kafka doesn't let us: Faust would wait for its group
    without a word.
    """
    if entry.table is None:
        raise ConfigError(f"{entry.name} has no table in the catalogue: add `table=Table(...)`")
    topics = KafkaTopics(kafka)
    source = Source(
        inputs={event.name: event for event in entry.inputs},
        group=entry.group,
        table=entry.table,
        partitions=common_partition_count(await topics.partition_counts(entry.input_topics)),
        member=kafka.member,
    )
    await topics.create(source.changelog, partitions=source.partitions, config=source.table.topic_config)
    await source.check(topics)
    await KafkaInspector(kafka).positions(entry.group, entry.input_topics)
    return source


async def _measure(stream: StatefulStream, metrics: StreamMetrics) -> None:
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(_MEASURE_INTERVAL_S)
        try:
            lag = await stream.lag()
        except RetryableError as error:
            log.warning("lag_unknown", why=str(error))
            continue
        metrics.set_lag(lag)
