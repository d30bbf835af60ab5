"""Making of corrections from results: text, prediction and model are never taken from the request. Pure.

A correction holds what an earlier one of the same result said as well, so the newest one is complete.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid5

from shared.corrections.book import Correction
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

MessageResult = SupportMessageRouted | CustomerMessageAnalyzed
_SAID_BY_PERSON = ("corrected_by", "key_id", "note", "intent", "sentiment", "lane", "queue", "topic", "label")
_RIGHT = ("intent", "sentiment", "lane", "queue", "topic", "label")

C = TypeVar("C", SupportMessageCorrected, NewsArticleCorrected, ImageCorrected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words of a person about a result."""

    right: Mapping[str, Any]
    """Right values by field; None means not corrected."""

    corrected_by: str | None
    key_id: str | None
    note: str | None
    at: datetime


def corrected_message(
    result: MessageResult, said: Said, before: SupportMessageCorrected | None
) -> SupportMessageCorrected:
    """Return the correction of a message's route or analysis."""
    routed = result if isinstance(result, SupportMessageRouted) else None
    decision = result.decision if isinstance(result, CustomerMessageAnalyzed) else None
    facts = {
        "message_id": routed.message_id if routed else result.cause_id,
        "conversation_id": result.conversation_id,
        "text": result.text,
        "channel": result.channel,
        "predicted": result.intent or result.sentiment,
        "routed_lane": routed and routed.lane,
        "routed_queue": routed and routed.queue,
        "model": decision.model if decision else routed and routed.model,
        "model_version": decision.model_version if decision else routed and routed.model_version,
        "out_of_scope": decision.out_of_scope if decision else routed and routed.out_of_scope,
    }
    return _correction(SupportMessageCorrected, result, facts, said, before)


def corrected_article(
    result: NewsArticleAnalyzed, said: Said, before: NewsArticleCorrected | None
) -> NewsArticleCorrected:
    """Return the correction of a story's tone or topic."""
    facts = {
        "article_id": result.cause_id,
        "company": result.company,
        "headline": result.headline,
        "predicted_sentiment": result.sentiment,
        "predicted_topic": result.topic,
        **_model_of(result),
    }
    return _correction(NewsArticleCorrected, result, facts, said, before)


def corrected_image(result: ImageAnalyzed, said: Said, before: ImageCorrected | None) -> ImageCorrected:
    """Return the correction of an image's label."""
    facts = {
        "image_id": result.cause_id,
        "case_id": result.case_id,
        "kind": result.kind,
        "predicted": result.label,
        **_model_of(result),
    }
    return _correction(ImageCorrected, result, facts, said, before)


def says_the_same(one: Correction, other: Correction) -> bool:
    """Return whether two corrections of a result are by the same person and name the same."""
    return _content(one) == _content(other)


def _model_of(result: NewsArticleAnalyzed | ImageAnalyzed) -> dict[str, Any]:
    decision = result.decision
    return {
        "model": decision.model,
        "model_version": decision.model_version,
        "out_of_scope": decision.out_of_scope,
    }


def _correction(kind: type[C], result: Event, facts: Mapping[str, Any], said: Said, before: C | None) -> C:
    """Return the correction; its id follows from the result, what is said, and the correction before.

    So the same words at once are one event, and the same words after others are another. What nobody has put
    a name to is not taken over into a correction with a name, as that may train.
    """
    keeps = before is not None and (before.corrected_by is not None or said.corrected_by is None)
    fields = [name for name in _RIGHT if keeps and name in kind.model_fields]
    earlier = {name: getattr(before, name) for name in fields}
    right = earlier | {name: value for name, value in said.right.items() if value is not None}
    made = kind.model_validate(
        {
            **facts,
            **right,
            "event_id": result.event_id,
            "occurred_at": said.at,
            "cause_id": result.event_id,
            "corrected_by": said.corrected_by,
            "key_id": said.key_id,
            "note": said.note,
        }
    )
    words = repr((kind.name, _content(made), before and before.event_id))
    return made.model_copy(update={"event_id": uuid5(result.event_id, words)})


def _content(correction: Correction) -> tuple[str | None, ...]:
    """Return what a person said, in a fixed order."""
    values = (getattr(correction, name, None) for name in _SAID_BY_PERSON)
    return tuple(None if value is None else str(value) for value in values)
