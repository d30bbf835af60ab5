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
        self._metrics.count_accepted(records[0].topic, len(records))
        return places


class Acceptor:
    """Bounds the acceptance of events: how long one request waits, and how many do."""

    def __init__(self, accept: Accept, settings: AcceptSettings) -> None:
        self._accept = accept
        self._settings = settings
        self._waiting_count = 0
        self._keyed: set[asyncio.Task[Sequence[Place]]] = set()
        """Requests with a key; they go on when their callers are told to come again."""

    async def accept(self, submission: Submission) -> Sequence[Place]:
        """Return the places of the events, in order, once Kafka has all of them.

        Raises RetryableError when that takes too long: they may be written all the same, also later, as
        aiokafka takes no record back. Otherwise raises what the acceptance itself does.
        """
        if self._waiting_count + len(self._keyed) >= self._settings.max_waiting:
            raise RetryableError(f"{self._settings.max_waiting} requests wait for Kafka")
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                if submission.key is not None:
                    return await asyncio.shield(self._keyed_task(submission))
                self._waiting_count += 1  # without a task of its own, which costs 60 us
                try:
                    return await self._accept(submission)
                finally:
                    self._waiting_count -= 1
        except TimeoutError:
            raise RetryableError(f"Kafka has not acknowledged within {self._settings.deadline_s} s") from None

    async def aclose(self) -> None:
        """Return when no request with a key is under way any more, or after the deadline of one."""
        if self._keyed:
            await asyncio.wait(set(self._keyed), timeout=self._settings.deadline_s)

    def _keyed_task(self, submission: Submission) -> asyncio.Task[Sequence[Place]]:
        task = asyncio.create_task(self._accept(submission))
        self._keyed.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Sequence[Place]]) -> None:
        self._keyed.discard(task)
        if not task.cancelled():
            task.exception()  # fetched, else asyncio logs it where the caller has given up
