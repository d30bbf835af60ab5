"""Acceptor and writer: events count as accepted once Kafka has acknowledged them, within a time."""

import asyncio
from collections.abc import Sequence

from services.gateway.accepting.metrics import AcceptMetrics
from services.gateway.accepting.settings import AcceptSettings
from services.gateway.accepting.submission import Accept, Submission
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Place
from shared.errors import RetryableError


class Writer:
    """Writes events to Kafka."""

    def __init__(self, producer: Producer, metrics: AcceptMetrics, *, publisher: str) -> None:
        self._producer = producer
        self._metrics = metrics
        self._publisher = publisher

    async def write(self, submission: Submission) -> Sequence[Place]:
        """Return the places of the events, in order, once every in-sync replica has all of them.

        Raises as a producer's `publish`.
        """
        records = [
            Outgoing.of(event, source=self._publisher, trace=submission.trace) for event in submission.events
        ]
        places = await self._producer.publish(records)
        self._metrics.accepted.labels(records[0].topic).inc(len(records))
        return places


class Acceptor:
    """Bounds the acceptance of events: how long one request waits, and how many do."""

    def __init__(self, accept: Accept, settings: AcceptSettings) -> None:
        self._accept = accept
        self._settings = settings
        self._running: set[asyncio.Task[Sequence[Place]]] = set()

    async def accept(self, submission: Submission) -> Sequence[Place]:
        """Return the places of the events, in order, once Kafka has all of them.

        Raises RetryableError when that takes too long: they may be written all the same, also later.
        Otherwise raises what the acceptance itself does.
        """
        if len(self._running) >= self._settings.max_waiting:
            raise RetryableError(f"{len(self._running)} requests wait for Kafka")
        running = asyncio.ensure_future(self._accept(submission))
        self._running.add(running)
        running.add_done_callback(self._end)
        # Not cancelled when its time is over: aiokafka would send the records all the same.
        await asyncio.wait((running,), timeout=self._settings.deadline_s)
        if not running.done():
            raise RetryableError(f"Kafka has not acknowledged within {self._settings.deadline_s} s")
        return running.result()

    async def aclose(self) -> None:
        """Return when no request is under way any more, or after the deadline of one."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=self._settings.deadline_s)

    def _end(self, running: asyncio.Task[Sequence[Place]]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # fetched, else asyncio logs it where the caller has given up
