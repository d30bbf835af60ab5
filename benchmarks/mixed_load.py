"""Mixed load: new and repeated messages and stories, and now and then an unreadable record."""

import random
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from benchmarks.topics import record_of
from deploy.local.samples.news import NewsItem
from shared.bus.record import Outgoing
from shared.events import Channel, CustomerMessageReceived, NewsArticlePublished

BAD_SHARE, NEWS_SHARE, KNOWN_SHARE, REVIEW_SHARE = 0.003, 0.1, 0.5, 0.1


class MixedLoad:
    """Makes the records one after the other. Repeated ones can be answered by the cache."""

    def __init__(self, texts: Sequence[str], stories: Sequence[NewsItem]) -> None:
        self._texts = texts
        self._stories = stories
        self._rng = random.Random(1)  # noqa: S311 - a load, no secret
        self._count = 0

    def __call__(self, at: datetime) -> Outgoing:
        """Return the next record."""
        self._count += 1
        if self._rng.random() < BAD_SHARE:
            return Outgoing(CustomerMessageReceived.name, b"broken", b'{"text": "cut off')
        return record_of(self._story(at) if self._rng.random() < NEWS_SHARE else self._message(at))

    def _message(self, at: datetime) -> CustomerMessageReceived:
        return CustomerMessageReceived(
            event_id=uuid4(),
            occurred_at=at,
            conversation_id=f"conversation-{self._count}",
            channel=Channel.REVIEW if self._rng.random() < REVIEW_SHARE else Channel.CHAT,
            text=self._wording(self._rng.choice(self._texts)),
        )

    def _story(self, at: datetime) -> NewsArticlePublished:
        item = self._rng.choice(self._stories)
        return NewsArticlePublished(
            event_id=uuid4(),
            occurred_at=at,
            source=item.source,
            company=item.company,
            headline=self._wording(item.headline),
            body=item.body,
        )

    def _wording(self, text: str) -> str:
        return text if self._rng.random() < KNOWN_SHARE else f"{text} {self._count}"
