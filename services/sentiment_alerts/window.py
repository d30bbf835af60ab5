"""Recent stories of a company in event time, and its usual share of bad news. Pure values."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from services.sentiment_alerts.reprints import content_words, kept_words, most_similar
from services.sentiment_alerts.settings import AlertSettings, Share
from shared.stateful.state import Value

_MAX_REPRINT_IDS = 50
_HEADLINE_MAX_CHARS = 300


class Story(Value):
    """One story, with its reprints."""

    article_id: UUID
    headline: str
    source: str
    topic: str
    published_at: AwareDatetime
    negative: Share
    reprint_count: Annotated[int, Field(ge=0)] = 0
    reprint_ids: tuple[UUID, ...] = ()
    """The latest reprints: a reprint that comes twice counts once."""

    def reprinted_by(self, article_id: UUID) -> "Story":
        """Return the story with one reprint more."""
        ids = (*self.reprint_ids, article_id)[-_MAX_REPRINT_IDS:]
        return self.model_copy(update={"reprint_count": self.reprint_count + 1, "reprint_ids": ids})


class Baseline(Value):
    """Number of a company's older stories and of the negative ones among them, both with a half-life."""

    story_weight: float = 0.0
    negative_weight: float = 0.0
    as_of: AwareDatetime | None = None

    def absorb(self, story: Story, limits: AlertSettings) -> "Baseline":
        """Return the baseline with this story counted."""
        newest = max(story.published_at, self.as_of or story.published_at)
        elapsed = newest - (self.as_of or newest)
        keep: float = 0.5 ** (elapsed / timedelta(hours=limits.memory_h))
        return Baseline(
            story_weight=self.story_weight * keep + 1.0,
            negative_weight=self.negative_weight * keep + (story.negative >= limits.story_negative),
            as_of=newest,
        )

    def share(self, limits: AlertSettings) -> float:
        """Return the usual share of bad news, 0 to 1: the expected share, corrected by what was seen."""
        expected = limits.usual_share * limits.usual_weight
        return (self.negative_weight + expected) / (self.story_weight + limits.usual_weight)


@dataclass(frozen=True, slots=True)
class View:
    """The stories of one span of event time."""

    start: datetime
    end: datetime
    stories: tuple[Story, ...]

    @property
    def negative_mean(self) -> float:
        """Return the mean probability of bad news; 0 without stories."""
        return sum(story.negative for story in self.stories) / max(1, len(self.stories))

    def negative_count(self, limits: AlertSettings) -> int:
        """Return how many stories are negative."""
        return sum(story.negative >= limits.story_negative for story in self.stories)

    def negative(self, limits: AlertSettings) -> tuple[Story, ...]:
        """Return the negative stories, the most negative first."""
        bad = (story for story in self.stories if story.negative >= limits.story_negative)
        return tuple(sorted(bad, key=lambda story: (-story.negative, story.published_at)))


class Window(Value):
    """The stories of the retention time, oldest first, and the baseline of those before."""

    stories: tuple[Story, ...] = ()
    baseline: Baseline = Baseline()
    watermark: AwareDatetime | None = None
    """The newest publication time seen. Stories leave by it, never by the clock."""

    def knows(self, article_id: UUID) -> bool:
        """Return whether an article is here, as a story or as a reprint."""
        return any(
            article_id == story.article_id or article_id in story.reprint_ids for story in self.stories
        )

    def too_late(self, published_at: datetime, limits: AlertSettings) -> bool:
        """Return whether a story of this time comes after the retention time."""
        return self.watermark is not None and published_at <= self.watermark - limits.retention

    def add(self, story: Story, *, company: str, limits: AlertSettings) -> "Window":
        """Return the window with this story, or with its original marked as reprinted once more."""
        original = self._original_of(story, company, limits)
        if original is None:
            short = story.model_copy(update={"headline": story.headline[:_HEADLINE_MAX_CHARS]})
            stories = sorted((*self.stories, short), key=lambda kept: kept.published_at)
        else:
            again = original.reprinted_by(story.article_id)
            stories = [again if kept is original else kept for kept in self.stories]
        return self.model_copy(update={"stories": tuple(stories)}).advanced(story.published_at, limits)

    def advanced(self, to: datetime, limits: AlertSettings) -> "Window":
        """Return the window at event time `to`: stories past the retention go into the baseline."""
        watermark = max(to, self.watermark or to)
        kept = self._after(watermark - limits.retention)[-limits.max_story_count :]
        if watermark == self.watermark and len(kept) == len(self.stories):
            return self
        baseline = self.baseline
        for story in self.stories[: len(self.stories) - len(kept)]:
            baseline = baseline.absorb(story, limits)
        return Window(stories=kept, baseline=baseline, watermark=watermark)

    def newest(self, span: timedelta) -> View:
        """Return the stories of the last `span` before the watermark."""
        if self.watermark is None:
            raise ValueError("a window that never saw a story has no time")
        start = self.watermark - span
        return View(start, self.watermark, self._after(start))

    def views_with(self, published_at: datetime, span: timedelta) -> Iterator[View]:
        """Yield every view of length `span` that holds a story of this time, each ending with a story."""
        for last in self.stories:
            start = last.published_at - span
            if start < published_at <= last.published_at:
                end = self._place_after(last.published_at)
                yield View(start, last.published_at, self.stories[self._place_after(start) : end])

    def _after(self, time: datetime) -> tuple[Story, ...]:
        return self.stories[self._place_after(time) :]

    def _place_after(self, time: datetime) -> int:
        return bisect_right(self.stories, time, key=attrgetter("published_at"))

    def _original_of(self, story: Story, company: str, limits: AlertSettings) -> Story | None:
        words = content_words(story.headline, company=company)
        others = (kept_words(kept.headline, company=company) for kept in self.stories)
        position, score = most_similar(words, others)
        return self.stories[position] if score >= limits.reprint_similarity and position >= 0 else None
