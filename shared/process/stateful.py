"""Wiring of a stateful service: settings in, a running stream out."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, NoReturn, Protocol, TypeVar

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


class Client(Protocol):
    """A connection to Kafka."""

    async def start(self) -> None:
        """Connect."""
        ...

    async def stop(self) -> None:
        """Close."""
        ...


ClientT = TypeVar("ClientT", bound=Client)


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
        producer = await _started(KafkaBus(settings.kafka).producer(), stack)
        finder = await _started(KafkaFinder(settings.kafka, group=entry.group), stack)
        for table in whole:
            await _started(table, stack)
        source = await open_source(settings.kafka, entry)
        policy = _policy(settings, entry, metrics)
        stream = StatefulStream(
            settings.kafka,
            source,
            finder,
            lambda rows: Applier(service, StateTable(rows, rows, service), producer, policy),
        )
        health = stream_health(stream, stall_after_s=settings.limits.stall_after_s)
        http = await serve_http(settings.http, health, registry)
        stack.push_async_callback(http.cleanup)
        await stream.run(stop, _measure(stream, metrics), *(table.follow() for table in whole))


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


def _policy(settings: StatefulSettings, entry: catalogue.Service, metrics: StreamMetrics) -> ApplierPolicy:
    return ApplierPolicy(
        group=entry.group,
        source=entry.publisher,
        reads=entry.inputs,
        metrics=metrics,
        limits=settings.limits,
        clock=utc_now,
    )


async def _started(client: ClientT, stack: AsyncExitStack) -> ClientT:
    """Return the client, connected until the stack ends."""
    await client.start()
    stack.push_async_callback(client.stop)
    return client


async def _measure(stream: StatefulStream, metrics: StreamMetrics) -> NoReturn:
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(_MEASURE_INTERVAL_S)
        try:
            lag = await stream.lag()
        except RetryableError as error:
            log.warning("lag_unknown", why=str(error))
            continue
        metrics.set_lag(lag)
