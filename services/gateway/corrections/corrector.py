"""Corrector: reads the result that a person corrects, and publishes the correction."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog

from services.gateway.corrections.bodies import (
    ArticleCorrection,
    Corrected,
    Correcting,
    ImageCorrection,
    MessageCorrection,
)
from services.gateway.corrections.making import (
    Said,
    corrected_article,
    corrected_image,
    corrected_message,
    says_the_same,
)
from services.gateway.guard.caller import ANYBODY, Caller
from services.gateway.problems import Kind, ProblemError
from shared.bus.kafka.history import KafkaHistory
from shared.bus.port import Producer
from shared.bus.record import Outgoing, Place, Record
from shared.catalogue import GATEWAY
from shared.clock import utc_now
from shared.corrections.book import Book, Correction
from shared.corrections.follower import CorrectionsFollower
from shared.corrections.labels import Labels
from shared.errors import RejectedError
from shared.events import (
    CustomerMessageAnalyzed,
    Event,
    ImageAnalyzed,
    ImageCorrected,
    NewsArticleAnalyzed,
    NewsArticleCorrected,
    SupportMessageCorrected,
    SupportMessageRouted,
)
from shared.events.codec import decode
from shared.events.headers import trace_of
from shared.settings import KafkaSettings

_MESSAGE_RESULTS: Mapping[str, type[SupportMessageRouted | CustomerMessageAnalyzed]] = {
    event.name: event for event in (SupportMessageRouted, CustomerMessageAnalyzed)
}

R = TypeVar("R", bound=Event)
C = TypeVar("C", bound=Event)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrector:
    """Makes corrections of results; the same words at once are one correction."""

    kafka: KafkaSettings
    producer: Producer
    labels: Labels
    follower: CorrectionsFollower
    clock: Callable[[], datetime] = utc_now

    _correcting: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One at a time, so that a double click finds what the first one has written."""

    async def correct_message(self, body: MessageCorrection, by: Caller) -> Corrected:
        """Return the receipt of a message's correction.

        Raises ProblemError where no such result is there, or a label is not the model's.
        """
        kind = _MESSAGE_RESULTS[body.result.topic]
        record, result = await self._result(kind, body.result.place(body.result.topic))
        right = {each: getattr(body, each) for each in ("intent", "sentiment", "lane", "queue")}
        _check_kind(body, is_review=result.sentiment is not None)
        async with self._correcting:
            before = _before(SupportMessageCorrected, await self.follower.current(), result)
            made = corrected_message(result, self._said(body, right, by), before)
            named = {("logits", label) for label in (body.intent, body.sentiment) if label}
            await self._check(named, made.model, made.model_version)
            return await self._publish(made, before, record, by)

    async def correct_article(self, body: ArticleCorrection, by: Caller) -> Corrected:
        """Return the receipt of a story's correction. Raises as `correct_message` does."""
        record, result = await self._result(NewsArticleAnalyzed, body.result.place(body.result.topic))
        right = {"sentiment": body.sentiment, "topic": body.topic}
        async with self._correcting:
            before = _before(NewsArticleCorrected, await self.follower.current(), result)
            made = corrected_article(result, self._said(body, right, by), before)
            named = {(f"{each}_logits", label) for each, label in right.items() if label}
            await self._check(named, made.model, made.model_version)
            return await self._publish(made, before, record, by)

    async def correct_image(self, body: ImageCorrection, by: Caller) -> Corrected:
        """Return the receipt of an image's correction. Raises as `correct_message` does."""
        record, result = await self._result(ImageAnalyzed, body.result.place(body.result.topic))
        async with self._correcting:
            before = _before(ImageCorrected, await self.follower.current(), result)
            made = corrected_image(result, self._said(body, {"label": body.label}, by), before)
            await self._check({("logits", body.label)}, made.model, made.model_version)
            return await self._publish(made, before, record, by)

    def _said(self, body: Correcting, right: Mapping[str, Any], by: Caller) -> Said:
        is_open = by.key_id == ANYBODY.key_id
        return Said(
            right=right,
            corrected_by=body.corrected_by or (None if is_open else by.name),
            key_id=None if is_open else by.key_id,
            note=body.note,
            at=self.clock(),
        )

    async def _result(self, kind: type[R], place: Place) -> tuple[Record, R]:
        async with KafkaHistory(self.kafka) as history:
            spans = await history.spans([place.partition.topic])
            if place.offset not in spans.get(place.partition, ()):
                raise _no_result()
            part = {place.partition: range(place.offset, place.offset + 1)}
            records = [record async for batch in history.read(part) for record in batch]
        if not records:
            raise _no_result()
        [record] = records
        try:
            return record, decode(kind, key=record.key, value=record.value, headers=record.headers)
        except RejectedError:
            raise _no_result() from None

    async def _check(self, named: set[tuple[str, str]], model: str | None, version: str | None) -> None:
        """Return when each label is one of its output's. Raises ProblemError that names the choices."""
        for output, label in named:
            if model is None or version is None:
                raise ProblemError(Kind.INVALID, "the result names no model, so its label can't be corrected")
            known = await asyncio.to_thread(self.labels.of, model, version, output)
            if label not in known:
                choices = ", ".join(sorted(known))
                raise ProblemError(Kind.INVALID, f"{model} has no such label; choose one of {choices}")

    async def _publish(
        self, made: Correction, before: Correction | None, result: Record, by: Caller
    ) -> Corrected:
        repeated = before is not None and says_the_same(made, before)
        if before is not None and repeated:
            return _receipt(before, repeated=True)
        record = Outgoing.of(made, source=GATEWAY.publisher, trace=trace_of(result.headers))
        await self.producer.publish([record])
        log.info(
            "correction_accepted",
            key_id=by.key_id,
            topic=made.name,
            event_id=str(made.event_id),
            cause_id=str(made.cause_id),
        )
        return _receipt(made, repeated=False)


def _before(kind: type[C], book: Book, result: Event) -> C | None:
    found = book.newest(result.event_id)
    return found if isinstance(found, kind) else None


def _check_kind(body: MessageCorrection, *, is_review: bool) -> None:
    if is_review and body.intent is not None:
        raise ProblemError(Kind.INVALID, "#/intent: the message is a review; correct its sentiment")
    if not is_review and body.sentiment is not None:
        raise ProblemError(Kind.INVALID, "#/sentiment: the message is no review; correct its intent")


def _no_result() -> ProblemError:
    return ProblemError(Kind.NOT_FOUND, "no such result is at this place, or its topic has deleted it")


def _receipt(correction: Correction, *, repeated: bool) -> Corrected:
    return Corrected(
        event_id=correction.event_id,
        type=correction.name,
        cause_id=correction.cause_id,
        repeated=repeated,
        trains=correction.corrected_by is not None,
    )
