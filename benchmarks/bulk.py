"""A backlog of news on a topic, and the rate at which it is processed."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from benchmarks.topics import Results, fill
from deploy.local.samples.news import generate_news
from shared.errors import ConfigError
from shared.events import NewsArticleAnalyzed, NewsArticlePublished
from shared.settings import KafkaSettings

_FILLED_AT_A_TIME = 20_000
_SOURCES_COUNT = 50
"""Enough sources to give all partitions about the same share."""

_STARTED_WITHIN_S = 60.0


class Backlog:
    """News stories, all different, that wait on their topic."""

    def __init__(self, kafka: KafkaSettings, results: Results) -> None:
        self._kafka = kafka
        self._results = results
        self._stories = _stories()
        self._sent_count = 0

    @classmethod
    @asynccontextmanager
    async def on(cls, kafka: KafkaSettings) -> AsyncIterator["Backlog"]:
        """Connect; no story waits yet."""
        results = await Results.on(kafka, NewsArticleAnalyzed.name)
        try:
            yield cls(kafka, results)
        finally:
            await results.aclose()

    async def done_count(self) -> int:
        """Return the number of stories that have their results."""
        return await self._results.count()

    async def waiting_count(self) -> int:
        """Return the number of stories without a result."""
        return self._sent_count - await self.done_count()

    async def fill_up(self, count: int) -> None:
        """Send stories until at least this many wait."""
        while (missing := count - await self.waiting_count()) > 0:
            stories = list(itertools.islice(self._stories, min(missing, _FILLED_AT_A_TIME)))
            await fill(self._kafka, stories)
            self._sent_count += len(stories)

    async def moving(self, count: int) -> None:
        """Return when this many more are done: the worker then runs at its full rate.

        Raises ConfigError when that takes a minute.
        """
        enough = await self.done_count() + count
        looking = AsyncRetrying(
            retry=retry_if_result(lambda done: done < enough),
            wait=wait_fixed(0.25),
            stop=stop_after_delay(_STARTED_WITHIN_S),
        )
        try:
            await looking(self.done_count)
        except RetryError:
            raise ConfigError(f"no {count} stories were worked off in {_STARTED_WITHIN_S:.0f} s") from None


def _stories() -> Iterator[NewsArticlePublished]:
    now = datetime.now(UTC)
    for number, item in enumerate(itertools.cycle(generate_news())):
        yield NewsArticlePublished(
            event_id=uuid4(),
            occurred_at=now,
            source=f"{item.source} {number % _SOURCES_COUNT}",
            company=item.company,
            headline=f"{item.headline} {number}",
            body=item.body,
        )
