"""Results: the parts that answer for accepted events, made and run together."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry

from services.gateway.results.answers import Answer, Status
from services.gateway.results.finder import Finder
from services.gateway.results.follower import Follower
from services.gateway.results.links import Links
from services.gateway.results.metrics import ResultMetrics
from services.gateway.results.receipts import Receipts
from services.gateway.results.recent import RecentAnswers
from services.gateway.results.replying import Replies
from services.gateway.results.ring import Ring
from services.gateway.results.search import Search
from services.gateway.results.settings import ResultSettings
from services.gateway.results.store import AnswerStore
from services.gateway.results.streams import Streams
from shared.bus.kafka.lookup import KafkaLookup
from shared.cache.port import Cache
from shared.process.beside import beside
from shared.settings import KafkaSettings


class Results:
    """Collaborators of the routes; they connect when `running` begins."""

    def __init__(
        self, kafka: KafkaSettings, settings: ResultSettings, cache: Cache, registry: CollectorRegistry
    ) -> None:
        metrics = ResultMetrics(registry)
        self._has_secret = settings.link_secret is not None
        self._lookup = KafkaLookup(kafka)
        self._ring = Ring(max_count=settings.keep_count, max_bytes=settings.keep_bytes)
        self.store = AnswerStore(cache)
        self.links = Links(_secret(settings))
        self.recent = RecentAnswers(max_count=settings.keep_count, max_bytes=settings.keep_bytes)
        self.receipts = Receipts(self.store, max_count=settings.keep_count)
        self.replies = Replies(self.recent, self.receipts, self.links, metrics)
        self.finder = Finder(self.recent, self.store, Search(self._lookup), metrics)
        self.streams = Streams(kafka, self._lookup, self._ring, metrics)
        self._follower = Follower(kafka, self.recent, self._ring, on_answer=self._remember, metrics=metrics)

    def fault(self) -> str | None:
        """Return what is wrong in one line; None while results are followed."""
        return self._follower.fault()

    @asynccontextmanager
    async def running(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Follow results while the body runs; when `stop` is set, waiting calls and streams end at once."""
        if not self._has_secret:
            structlog.get_logger().warning("links_end_with_process")
        await self._follower.start()
        try:
            async with beside(self._follower.run(), stop), beside(self._end(stop), stop):
                yield
        finally:
            await self.finder.aclose()
            await self._lookup.stop()

    async def _end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._ring.close()
        self.recent.close()

    async def _remember(self, event_id: UUID, answer: Answer) -> None:
        """Store the complete answers of events that this gateway accepted."""
        if answer.status is not Status.PENDING and self.receipts.get(event_id):
            await self.store.put_answer(event_id, answer)


def _secret(settings: ResultSettings) -> bytes:
    given = settings.link_secret
    return secrets.token_bytes(32) if given is None else given.get_secret_value().encode()
