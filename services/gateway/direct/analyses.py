"""Analyses: a question to one model, the event that the stream would have read, and the answer."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

from services.gateway.direct.answers import Answer, Classified, Label, Named, Sentiment, Tone, polarity
from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageKind,
    ImageReceived,
    NewsArticlePublished,
)
from shared.events.codec import event_in
from shared.inference.prototypes import IntentsFile
from shared.serving.asker import TaskAnswer
from shared.serving.streams import AnyTask, StreamTasks, tasks_of
from shared.serving.tasks.entities import entities_in

_NOWHERE = "direct"
"""Conversation, source, company and case of an event that is on no topic."""

Answered = TypeVar("Answered", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Generic[Answered]):
    """One kind of question about a text or an image, which one model answers."""

    stream: StreamTasks
    event: Callable[[Any], Event]
    """Returns the event that the stream would have read. Raises RejectedError where it would be refused."""

    is_large: bool = False
    """True where reading the inputs takes so long that it has to be done beside the event loop."""

    answer: Callable[[Any, TaskAnswer], Answered]
    """Returns the answer, made from the event and the outputs of the model."""

    @property
    def task(self) -> AnyTask:
        """Return the task of the model."""
        (task,) = self.stream.all
        return task


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyses:
    """All analyses that the gateway offers."""

    intent: Analysis[Classified]
    sentiment: Analysis[Sentiment]
    tone: Analysis[Tone]
    entities: Analysis[Named]
    images: Mapping[ImageKind, Analysis[Classified]]

    @property
    def tasks(self) -> tuple[AnyTask, ...]:
        """Return the tasks of all models."""
        all_of_them: tuple[Analysis[Any], ...] = (
            self.intent,
            self.sentiment,
            self.tone,
            self.entities,
            *self.images.values(),
        )
        return tuple(analysis.task for analysis in all_of_them)


def analyses(intents: IntentsFile) -> Analyses:
    """Return the analyses; intents that the file adds count as in the stream."""

    def stream(reads: type[Event], model: str) -> StreamTasks:
        return StreamTasks(reads, tuple(tasks_of((model,), intents)))

    def image(kind: ImageKind, model: str) -> Analysis[Classified]:
        return Analysis(
            stream=stream(ImageReceived, model), event=_image(kind), is_large=True, answer=_image_label
        )

    return Analyses(
        intent=Analysis(
            stream=stream(CustomerMessageReceived, "support_intent"),
            event=_message(Channel.CHAT),
            answer=_intent,
        ),
        sentiment=Analysis(
            stream=stream(CustomerMessageReceived, "review_sentiment"),
            event=_message(Channel.REVIEW),
            answer=_sentiment,
        ),
        tone=Analysis(stream=stream(NewsArticlePublished, "news_tone"), event=_story, answer=_tone),
        entities=Analysis(stream=stream(NewsArticlePublished, "entities"), event=_story, answer=_entities),
        images={
            ImageKind.DIGIT: image(ImageKind.DIGIT, "digit"),
            ImageKind.DISH: image(ImageKind.DISH, "dish_photo"),
        },
    )


def _message(channel: Channel) -> Callable[[Any], Event]:
    return lambda text: _read(
        CustomerMessageReceived, {"conversation_id": _NOWHERE, "channel": channel, "text": text}
    )


def _story(text: Any) -> Event:
    return _read(NewsArticlePublished, {"source": _NOWHERE, "company": _NOWHERE, "headline": text})


def _image(kind: ImageKind) -> Callable[[Any], Event]:
    return lambda content: _read(
        ImageReceived, {"case_id": _NOWHERE, "kind": kind, "content": _base64(content)}
    )


def _base64(content: Any) -> Any:
    """Return the bytes of a file as base64; anything else is base64 already, or is refused as that."""
    return b64encode(content).decode() if isinstance(content, bytes) else content


def _read(event: type[Event], fields: Mapping[str, Any]) -> Event:
    """Return the event as the stream reads it, from JSON: what it refuses there is refused here."""
    envelope = {"event_id": str(uuid4()), "occurred_at": datetime.now(UTC).isoformat()}
    return event_in(event, json.dumps({**envelope, **fields}).encode())


def _intent(event: CustomerMessageReceived, said: TaskAnswer) -> Classified:
    result: Any = said.result(event)
    return Classified.by(result.intent, said.bundle.outputs["logits"], said.decision)


def _sentiment(event: CustomerMessageReceived, said: TaskAnswer) -> Sentiment:
    result: Any = said.result(event)
    found = result.sentiment
    return Sentiment.by(found, said.bundle.outputs["logits"], said.decision, sentiment=polarity(found.label))


def _tone(event: NewsArticlePublished, said: TaskAnswer) -> Tone:
    result: Any = said.result(event)
    outputs = said.bundle.outputs
    return Tone.by(
        result.sentiment,
        outputs["sentiment_logits"],
        said.decision,
        sentiment=polarity(result.sentiment.label),
        negative=result.negative,
        topic=Label.of(result.topic, outputs["topic_logits"]),
    )


def _entities(event: NewsArticlePublished, said: TaskAnswer) -> Named:
    return Named(entities=entities_in(event.headline, said.row, said.bundle), decision=said.decision)


def _image_label(event: ImageReceived, said: TaskAnswer) -> Classified:
    result: Any = said.result(event)
    return Classified.by(result.label, said.bundle.outputs["logits"], said.decision)
