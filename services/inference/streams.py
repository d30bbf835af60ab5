"""The streams that this service can run: one a process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageKind,
    ImageReceived,
    NewsArticlePublished,
)
from shared.inference.prototypes import IntentsFile
from shared.serving.task import Task
from shared.serving.tasks.entities import ENTITIES
from shared.serving.tasks.images import DIGIT, DISH_PHOTO
from shared.serving.tasks.news_tone import NEWS_TONE
from shared.serving.tasks.review_sentiment import REVIEW_SENTIMENT
from shared.serving.tasks.support_intent import support_intent

In = TypeVar("In", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan(Generic[In]):
    """What is read, and which models judge which event."""

    reads: type[In]
    tasks: tuple[Task[In, Any, Any], ...]
    pick: Callable[[In], Task[In, Any, Any]]
    beside: tuple[Task[In, Any, Any], ...] = ()
    """Asked about every event at the same time as the picked one; each adds to its result."""


def plans(intents: IntentsFile) -> Mapping[str, StreamPlan[Any]]:
    """Return the plan of each stream; messages may also get the intents that were added in `intents`."""
    intent = support_intent(intents)
    return {
        "messages": StreamPlan(
            reads=CustomerMessageReceived,
            tasks=(intent, REVIEW_SENTIMENT),
            pick=lambda event: REVIEW_SENTIMENT if event.channel is Channel.REVIEW else intent,
        ),
        "news": StreamPlan(
            reads=NewsArticlePublished,
            tasks=(NEWS_TONE, ENTITIES),
            pick=lambda _: NEWS_TONE,
            beside=(ENTITIES,),
        ),
        "images": StreamPlan(
            reads=ImageReceived,
            tasks=(DIGIT, DISH_PHOTO),
            pick=lambda event: DIGIT if event.kind is ImageKind.DIGIT else DISH_PHOTO,
        ),
    }
