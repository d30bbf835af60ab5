"""Micro-batching: items of many callers share one model call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import RejectedError, RetryableError
from shared.inference.grouping import next_batch
from shared.inference.metrics import ModelMetrics
from shared.inference.port import Array

Item = TypeVar("Item")
Row = Mapping[str, Array]
"""The model's outputs for one item: one row of each output, by name."""

RunBatch = Callable[[Sequence[Item]], Awaitable[Sequence[Row | RejectedError]]]
"""Answers a batch: one outcome per item, in order."""

# Sorting more than this by length gains nothing measurable and costs time a message.
_PLANNED_ITEMS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """Bounds on the size, the wait and the number of batches."""

    token_budget: int = 512
    """Most that item count times longest length may be."""

    max_items: int = 64
    """Most items of a batch; not above the model's `max_batch_size`."""

    max_waste: float = 0.1
    """Share of a batch that may be padding, 0 to 1."""

    max_wait_s: float = 0.005
    """Longest time that the first item waits for others while the model is idle."""

    max_in_flight: int = 2
    """Batches at the model at a time: one is computed while the next one is sent."""

    max_pending: int = 8192
    """Most items that wait; the callers' credits should keep the number lower."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The outputs for one item, and the times that it took."""

    row: Row
    queue_ms: float
    infer_ms: float


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item]):
    item: Item
    length: int
    since_s: float
    answer: asyncio.Future[ItemResult]


class Batcher(Generic[Item]):
    """Merges items of many callers into calls of `run_batch`.

    A batch leaves when a slot is free and either a full budget waits or the oldest item has waited
    `max_wait_s`. A cancelled caller does not disturb the other items of its batch.
    """

    def __init__(
        self,
        run_batch: RunBatch[Item],
        length: Callable[[Item], int],
        *,
        limits: BatchLimits,
        metrics: ModelMetrics,
    ) -> None:
        self._run_batch = run_batch
        self._length = length
        self._limits = limits
        self._metrics = metrics
        self._pending: list[_Waiting[Item]] = []
        self._pending_tokens = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Handle | None = None
        self._woken = False

    def submit(self, item: Item) -> asyncio.Future[ItemResult]:
        """Return a future of the result; it raises RejectedError when the model refuses this item.

        Raises RetryableError when `max_pending` items wait already.
        """
        if len(self._pending) >= self._limits.max_pending:
            raise RetryableError("the batcher takes no more items now")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(item, self._length(item), loop.time(), loop.create_future())
        self._pending.append(waiting)
        self._pending_tokens += waiting.length
        if not self._woken:
            # Not at once: items submitted in the same turn of the loop may fit the batch better.
            self._woken = True
            loop.call_soon(self._wake)
        return waiting.answer

    def _wake(self) -> None:
        self._woken = False
        self._send_due()

    def _ring(self) -> None:
        self._timer = None
        self._send_due()

    def _send_due(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._pending and len(self._calls) < self._limits.max_in_flight and self._is_due(now):
            self._send(self._take())
        if self._pending and self._timer is None and len(self._calls) < self._limits.max_in_flight:
            rings_at = self._pending[0].since_s + self._limits.max_wait_s
            self._timer = asyncio.get_running_loop().call_at(rings_at, self._ring)

    def _is_due(self, now: float) -> bool:
        limits = self._limits
        return (
            self._pending_tokens >= limits.token_budget
            or len(self._pending) >= limits.max_items
            or now >= self._pending[0].since_s + limits.max_wait_s
        )

    def _take(self) -> list[_Waiting[Item]]:
        limits = self._limits
        window = self._pending[:_PLANNED_ITEMS]
        chosen = next_batch(
            [waiting.length for waiting in window],
            token_budget=limits.token_budget,
            max_items=limits.max_items,
            max_waste=limits.max_waste,
        )
        batch = [window[index] for index in chosen]
        leaving = set(chosen)
        staying = [waiting for index, waiting in enumerate(window) if index not in leaving]
        self._pending = staying + self._pending[_PLANNED_ITEMS:]
        self._pending_tokens -= sum(waiting.length for waiting in batch)
        return [waiting for waiting in batch if not waiting.answer.done()]

    def _send(self, batch: list[_Waiting[Item]]) -> None:
        if not batch:  # all of its callers gave up
            return
        call = asyncio.get_running_loop().create_task(self._answer(batch))
        self._calls.add(call)
        call.add_done_callback(self._finish)

    def _finish(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._send_due()

    async def _answer(self, batch: list[_Waiting[Item]]) -> None:
        loop = asyncio.get_running_loop()
        left_s = loop.time()
        self._count(batch, left_s)
        outcomes: Sequence[Row | Exception]
        try:
            outcomes = await self._run_batch([waiting.item for waiting in batch])
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, who wait for it
            outcomes = [error] * len(batch)
        infer_ms = (loop.time() - left_s) * 1000
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(outcome, Exception):
                waiting.answer.set_exception(outcome)
                # Callers who stopped at the first failure need no line in the log for each further one.
                waiting.answer.exception()
            else:
                waiting.answer.set_result(ItemResult(outcome, (left_s - waiting.since_s) * 1000, infer_ms))

    def _count(self, batch: list[_Waiting[Item]], left_s: float) -> None:
        metrics = self._metrics
        tokens = sum(waiting.length for waiting in batch)
        longest = max(waiting.length for waiting in batch)
        metrics.batch_size.observe(len(batch))
        metrics.tokens.inc(tokens)
        metrics.padding_tokens.inc(longest * len(batch) - tokens)
        for waiting in batch:
            metrics.queue_wait.observe(left_s - waiting.since_s)
