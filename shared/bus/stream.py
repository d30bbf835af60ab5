"""A stream of events that outlives its Kafka clients."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from shared.bus.accounting import Accounting
from shared.bus.handled import StreamCodec
from shared.bus.handling import Handling
from shared.bus.limits import StreamLimits
from shared.bus.metrics import StreamMetrics
from shared.bus.port import Bus, ClientBrokenError, Handler
from shared.bus.publishing import Publishing
from shared.bus.retries import Retries
from shared.bus.session import ConsumerSession, SessionPolicy
from shared.errors import RetryableError
from shared.events import Event
from shared.waiting import finished

_REBUILD_PAUSE_S = 1.0
_CONNECT_WITHIN_S = 120.0
"""Longer than a group takes whose members hand their partitions over slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The input of a stream, and the names that it has on the broker."""

    reads: Sequence[type[Event]]
    """Events that it reads, one topic each."""

    group: str
    publisher: str
    """Header `ce_source` of its results."""

    member: str | None = None
    """Name of a static member of the group; None for a member that leaves at each stop."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the topics that it reads."""
        return tuple(event.name for event in self.reads)


class Stream:
    """Runs sessions one after the other: after a broken client a new session replays uncommitted records."""

    def __init__(
        self, bus: Bus, source: Source, handler: Handler[Any], *, limits: StreamLimits, metrics: StreamMetrics
    ) -> None:
        self._bus = bus
        self._source = source
        self._metrics = metrics
        retries = Retries(metrics, group=source.group)
        codec = StreamCodec(source.reads, source=source.publisher, group=source.group)
        self._policy = SessionPolicy(
            group=source.group,
            limits=limits,
            metrics=metrics,
            handling=Handling(codec, handler, retries),
            publishing=Publishing(retries, group=source.group),
            accounting=Accounting(metrics, limits, group=source.group),
        )
        self._session: ConsumerSession | None = None
        self._log = structlog.get_logger().bind(group=source.group)

    def stalled_s(self) -> float:
        """Return the seconds without progress while records wait; 0 while Kafka is away."""
        return 0.0 if self._session is None else self._session.stalled_s

    def running(self) -> bool:
        """Return whether the stream is connected and reading, and the broker answers."""
        return self._session is not None and self._session.broker_answers

    async def run(self, stop: asyncio.Event) -> None:
        """Return when `stop` is set and all records read are finished.

        Raises RetryableError when the very first connection fails, so that a wrong address is
        noticed at the start; later on the stream waits for the broker however long it is away.
        """
        session = await self._connected(stop)
        while session is not None:
            self._session = session
            try:
                await session.read_until(stop)
            except* (ClientBrokenError, RetryableError) as broken:
                self._note_rebuild(broken.exceptions)
            finally:
                self._session = None
                await session.close()
            session = None if stop.is_set() else await self._reopen(stop)

    async def _reopen(self, stop: asyncio.Event) -> ConsumerSession | None:
        """Return a connected session, after any outage of the broker; None when `stop` was set meanwhile.

        At most one a second: what ends a session at its first fetch must not keep the broker busy.
        """
        while not stop.is_set():
            await _pause(stop)
            try:
                return await self._connected(stop)
            except RetryableError as away:
                self._log.warning("broker_away", why=str(away))
        return None

    async def _connected(self, stop: asyncio.Event) -> ConsumerSession | None:
        """Return a connected session; None when `stop` was set meanwhile.

        Raises RetryableError when the broker is away, or lets us wait for too long.
        """
        session = self._new_session()
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                return session if await finished(session.start(), stop) else None
        except TimeoutError:
            raise RetryableError(f"Kafka let us wait for more than {_CONNECT_WITHIN_S:.0f} s") from None

    def _new_session(self) -> ConsumerSession:
        source = self._source
        consumer = self._bus.consumer(source.topics, group=source.group, member=source.member)
        outlet = self._bus.outlet(consumer, group=source.group)
        return ConsumerSession(consumer, outlet, self._policy)

    def _note_rebuild(self, reasons: Sequence[BaseException]) -> None:
        self._log.warning("client_rebuilt", why="; ".join(str(reason) for reason in reasons))
        for topic in self._source.topics:
            self._metrics.rebuilds.labels(topic).inc()


async def _pause(stop: asyncio.Event) -> None:
    """Wait a second; less when `stop` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_REBUILD_PAUSE_S):
            await stop.wait()
