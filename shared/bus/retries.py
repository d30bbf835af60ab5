"""Retries the steps of a stream while a model or the broker is down; counts the retries."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from shared.bus.metrics import Step, StreamMetrics
from shared.errors import RetryableError

T = TypeVar("T")


class Retries:
    """Calls each step of one stream until it succeeds."""

    def __init__(self, metrics: StreamMetrics, *, group: str) -> None:
        self._metrics = metrics
        self._log = structlog.get_logger().bind(group=group)

    async def until_done(self, step: Step, topic: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `attempt`, called again after each RetryableError, with growing pauses."""

        def note(state: RetryCallState) -> None:
            why = str(state.outcome.exception()) if state.outcome else ""
            self._metrics.note_retry(topic, step)
            self._log.warning("chunk_retried", step=step, topic=topic, why=why)

        again = AsyncRetrying(
            retry=retry_if_exception_type(RetryableError),
            wait=wait_random_exponential(multiplier=0.05, max=5.0),
            before_sleep=note,
        )
        return await again(attempt)
