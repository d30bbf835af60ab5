"""Tries again what can't be done now, and shortens a dead letter that can never be written as it is."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from shared.bus.dead_letters import LetterSize
from shared.bus.metrics import StreamMetrics
from shared.bus.port import RecordTooLargeError
from shared.bus.record import Outgoing
from shared.errors import RetryableError

T = TypeVar("T")
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Returns when every record is acknowledged. Raises RecordTooLargeError when one is too large."""


class Retries:
    """Takes the steps of one stream that need a model or a broker, and counts what it takes again."""

    def __init__(self, metrics: StreamMetrics, letter_size: LetterSize, *, group: str) -> None:
        self._metrics = metrics
        self._letter_size = letter_size
        self._log = structlog.get_logger().bind(group=group)

    async def until_done(self, step: str, topic: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what `attempt` returns, however long the thing that it needs is away."""

        def note(state: RetryCallState) -> None:
            why = str(state.outcome.exception()) if state.outcome else ""
            self._metrics.retries.labels(topic, step).inc()
            self._log.warning("chunk_retried", step=step, topic=topic, why=why)

        again = AsyncRetrying(
            retry=retry_if_exception_type(RetryableError),
            wait=wait_random_exponential(multiplier=0.05, max=5.0),
            before_sleep=note,
        )
        return await again(attempt)

    async def until_published(self, topic: str, outgoing: Sequence[Outgoing], publish: Publish) -> None:
        """Return when all is published, a dead letter without its value where the broker refuses it.

        Raises RecordTooLargeError when it refuses anything else.
        """

        async def attempt() -> None:
            await publish([self._letter_size.fitted(record) for record in outgoing])

        try:
            await self.until_done("publish", topic, attempt)
        except RecordTooLargeError as too_large:
            self._letter_size.learn(outgoing, too_large)
            self._log.warning("dead_letter_shortened", topic=topic, why=str(too_large))
            await self.until_done("publish", topic, attempt)
