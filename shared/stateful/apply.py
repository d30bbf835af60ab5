"""The effects of a decision, in the order that makes a crash harmless: publish, then store."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from services.sentiment_alerts.handler import SentimentAlerts, States
from services.sentiment_alerts.state import CompanyState, bookmark
from shared.bus.dead_letters import FloodGuard, LetterSize, dead_letter
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Record
from shared.bus.retries import Retries
from shared.errors import RejectedError

Store = Callable[[CompanyState], Awaitable[None]]
"""Returns when a state is safe with the broker. Raises RetryableError when that is away."""


class Applier:
    """Applies records one by one; what it can't do now it holds and tries again."""

    def __init__(
        self,
        service: SentimentAlerts,
        producer: Producer,
        *,
        group: str,
        metrics: StreamMetrics,
        flood_guard: FloodGuard,
    ) -> None:
        self._service = service
        self._producer = producer
        self._group = group
        self._metrics = metrics
        self._retries = Retries(metrics, LetterSize(), group=group)
        self._flood_guard = flood_guard
        self._log = structlog.get_logger().bind(group=group)

    async def apply(self, record: Record, states: States, store: Store) -> None:
        """Return when all that this record brings about is acknowledged.

        A replay of it is harmless: its alerts have the same ids, and a state knows its last offset.
        Raises DeadLetterFloodError when too much is refused.
        """
        topic = record.partition.topic
        self._metrics.records_in.labels(topic).inc()
        try:
            decision = self._service.decide(record, states)
        except RejectedError as error:
            await self._bury(record, error)
            await self._store(topic, bookmark(record.partition.number, record.offset), store)
            self._count(record, dead=1)
            return
        await self._publish(topic, decision.outgoing)
        for state in decision.states:
            await self._store(topic, state, store)
        self._count(record, dead=0)

    async def _bury(self, record: Record, error: RejectedError) -> None:
        topic, partition = record.partition
        await self._publish(topic, [dead_letter(record, error, group=self._group)])
        self._metrics.dead_letters.labels(topic, error.reason).inc()
        self._log.warning(
            "record_dead_lettered",
            topic=topic,
            partition=partition,
            offset=record.offset,
            reason=error.reason,
        )

    async def _publish(self, topic: str, outgoing: Sequence[Outgoing]) -> None:
        if outgoing:
            await self._retries.until_published(topic, outgoing, self._producer.publish)
        for written in outgoing:
            self._metrics.records_out.labels(topic, written.topic).inc()

    async def _store(self, topic: str, state: CompanyState, store: Store) -> None:
        await self._retries.until_done("store", topic, partial(store, state))

    def _count(self, record: Record, *, dead: int) -> None:
        age_s = max(0.0, time.time() - record.timestamp_ms / 1000)
        self._metrics.event_age.labels(record.partition.topic).observe(age_s)
        self._flood_guard.note(asyncio.get_running_loop().time(), records=1, dead=dead)
