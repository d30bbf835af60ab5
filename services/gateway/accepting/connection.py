"""Connection to Kafka that comes and goes while the gateway stays."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from services.gateway.accepting.metrics import AcceptMetrics
from shared.bus.port import ClientBrokenError, Producer
from shared.bus.record import Outgoing, Place
from shared.errors import ConfigError, RetryableError

_TRY_EVERY_S = 1.0
_ASK_EVERY_S = 3.0

log = structlog.get_logger()


class PingedProducer(Producer, Protocol):
    """A producer that can be asked whether Kafka answers."""

    async def ping(self) -> None:
        """Return when a broker answers. Raises RetryableError when none does in time."""
        ...


class Connection:
    """Producer that needs no Kafka to start: while there is none, `publish` raises RetryableError.

    `follow` connects, replaces a broken client, and notices whether Kafka answers.
    """

    def __init__(self, open_producer: Callable[[], PingedProducer], metrics: AcceptMetrics) -> None:
        self._open = open_producer
        self._metrics = metrics
        self._producer: PingedProducer | None = None
        self._away: str | None = "not connected to Kafka yet"
        self._broken = asyncio.Event()

    @property
    def away(self) -> str | None:
        """Return why Kafka can't be written to; None while it can."""
        return self._away

    async def start(self) -> None:
        """Connect, if Kafka is there. Raises ConfigError when it refuses the set-up."""
        await self._connect()

    async def publish(self, records: Sequence[Outgoing]) -> Sequence[Place]:
        """Return the place of each record once all are acknowledged; raises as a Producer's `publish`."""
        if self._producer is None:
            raise RetryableError(self._away or "not connected to Kafka")
        try:
            return await self._producer.publish(records)
        except ClientBrokenError as error:
            self._broken.set()
            raise RetryableError(f"publishing: {error}") from error

    async def follow(self) -> None:
        """Connect as often as it takes, and note whether Kafka answers, until cancelled."""
        while True:
            await self._look()
            try:
                async with asyncio.timeout(_ASK_EVERY_S if self._producer else _TRY_EVERY_S):
                    await self._broken.wait()
            except TimeoutError:
                continue

    async def stop(self) -> None:
        """Flush and close."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _look(self) -> None:
        if self._broken.is_set():
            self._broken.clear()
            await self.stop()
        try:
            if self._producer is None:
                await self._connect()
            else:
                await self._producer.ping()
                self._note(None)
        except (RetryableError, ConfigError) as error:  # rights may be mended while we run
            self._note(str(error))

    async def _connect(self) -> None:
        producer = self._open()
        try:
            await producer.start()
        except RetryableError as error:
            self._note(str(error))
            return
        self._producer = producer
        self._note(None)

    def _note(self, away: str | None) -> None:
        if away and not (self._away and self._producer is None):
            log.warning("kafka_away", error=away)
        elif self._away and not away:
            log.info("kafka_connected")
        self._away = away
        self._metrics.kafka_available.set(away is None)
