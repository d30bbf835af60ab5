"""Finder of answers: in memory, then in Redis, then in Kafka."""

import asyncio
from typing import Final
from uuid import UUID

from services.gateway.results.answers import Answer, Status
from services.gateway.results.links import Receipt
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.recent import RecentAnswers
from services.gateway.results.search import Search
from services.gateway.results.store import AnswerStore
from shared.errors import RetryableError

_PATIENCE_S: Final = 2.0
"""A call waits so long for a search; the search goes on, and a later call gets its result."""

_MAX_SEARCHES: Final = 64


class Finder:
    """Finds the answer to an input; calls for the same input share one search."""

    def __init__(
        self, recent: RecentAnswers, store: AnswerStore, search: Search, metrics: ResultMetrics
    ) -> None:
        self._recent = recent
        self._store = store
        self._search = search
        self._metrics = metrics
        self._searches: dict[UUID, asyncio.Task[Answer]] = {}

    async def find(self, receipt: Receipt) -> Answer:
        """Return the answer as far as it is known.

        Raises GoneError when the input or its result was deleted, RetryableError when Kafka is away or too
        many searches are under way.
        """
        known = self._recent.get(receipt.event_id)
        if known is not None and known.status is not Status.PENDING:
            self._metrics.lookups.labels("memory").inc()
            return known
        stored = (await self._store.get(receipt.event_id)).answer
        if stored is not None:
            self._metrics.lookups.labels("redis").inc()
            return stored
        answer = await self._searched(receipt)
        return known if known is not None and answer.status is Status.PENDING else answer

    async def aclose(self) -> None:
        """End the searches that are under way."""
        for task in self._searches.values():
            task.cancel()
        await asyncio.gather(*self._searches.values(), return_exceptions=True)

    async def _searched(self, receipt: Receipt) -> Answer:
        task = self._searches.get(receipt.event_id) or self._begin(receipt)
        await asyncio.wait([task], timeout=_PATIENCE_S)
        return task.result() if task.done() else Answer()

    def _begin(self, receipt: Receipt) -> asyncio.Task[Answer]:
        if len(self._searches) >= _MAX_SEARCHES:
            raise RetryableError(f"{_MAX_SEARCHES} searches for results are under way")
        task = asyncio.create_task(self._run(receipt))
        self._searches[receipt.event_id] = task
        task.add_done_callback(lambda done: self._end(receipt.event_id, done))
        return task

    def _end(self, event_id: UUID, task: asyncio.Task[Answer]) -> None:
        del self._searches[event_id]
        if not task.cancelled():
            task.exception()  # else asyncio logs it where no call waits any more

    async def _run(self, receipt: Receipt) -> Answer:
        with self._metrics.search_seconds.time():
            answer = await self._search.answer(receipt)
        found = answer.status is not Status.PENDING
        self._metrics.lookups.labels("kafka" if found else "none").inc()
        if found:
            self._recent.keep(receipt.event_id, answer)
            await self._store.put_answer(receipt.event_id, answer)
        return answer
