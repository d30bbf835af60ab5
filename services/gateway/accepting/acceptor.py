"""Acceptor: publishes events, and returns once Kafka has acknowledged them."""

import asyncio
from collections.abc import Sequence

from services.gateway.accepting.settings import AcceptSettings
from services.gateway.accepting.submission import Submission
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Place
from shared.errors import RetryableError


class Acceptor:
    """Accepts events on behalf of those who call the gateway."""

    def __init__(self, producer: Producer, settings: AcceptSettings, *, publisher: str) -> None:
        self._producer = producer
        self._settings = settings
        self._publisher = publisher
        self._sending: set[asyncio.Task[Sequence[Place]]] = set()

    async def accept(self, submission: Submission) -> Sequence[Place]:
        """Return the places of the events, in order, once every in-sync replica has all of them.

        Raises RetryableError when Kafka doesn't acknowledge them in time: they may be written all the same,
        also later. Raises RecordTooLargeError when one is too large for its topic.
        """
        if len(self._sending) >= self._settings.max_waiting:
            raise RetryableError(f"{len(self._sending)} requests wait for Kafka")
        records = [
            Outgoing.of(event, source=self._publisher, trace=submission.trace) for event in submission.events
        ]
        sending = asyncio.ensure_future(self._producer.publish(records))
        self._sending.add(sending)
        sending.add_done_callback(self._end)
        # Not cancelled when its time is over: aiokafka would send the records all the same.
        await asyncio.wait((sending,), timeout=self._settings.deadline_s)
        if not sending.done():
            raise RetryableError(f"Kafka has not acknowledged within {self._settings.deadline_s} s")
        return sending.result()

    def _end(self, sending: asyncio.Task[Sequence[Place]]) -> None:
        self._sending.discard(sending)
        if not sending.cancelled():
            sending.exception()  # fetched, else asyncio logs it where the caller has given up

    async def aclose(self) -> None:
        """Return when no event is under way any more, or after the deadline of a request."""
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=self._settings.deadline_s)
