"""Which models are asked about which event."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.catalogue import MODELS, STREAMS
from shared.errors import RejectedError
from shared.events import (
    Channel,
    CustomerMessageReceived,
    Event,
    ImageKind,
    ImageReceived,
    NewsArticlePublished,
)
from shared.inference.prototypes import IntentsFile
from shared.serving.streams import StreamTasks, stream_tasks, task_of

NO_INTENTS = IntentsFile(Path("no intents were added"))
FACTS: dict[str, Any] = {"event_id": UUID(int=1), "occurred_at": datetime(2030, 1, 1, tzinfo=UTC)}


def a_message(channel: Channel) -> Event:
    return CustomerMessageReceived(**FACTS, conversation_id="c", text="hello", channel=channel)


def an_image(kind: ImageKind) -> Event:
    return ImageReceived(**FACTS, case_id="case", kind=kind, content="aGVsbG8=")


A_STORY = NewsArticlePublished(**FACTS, source="wire", company="Acme", headline="Acme grows")


@pytest.mark.parametrize(
    ("stream", "event", "models"),
    [
        ("messages", a_message(Channel.CHAT), ["support_intent"]),
        ("messages", a_message(Channel.EMAIL), ["support_intent"]),
        ("messages", a_message(Channel.REVIEW), ["review_sentiment"]),
        ("news", A_STORY, ["news_tone", "entities"]),
        ("images", an_image(ImageKind.DIGIT), ["digit"]),
        ("images", an_image(ImageKind.DISH), ["dish_photo"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_models_that_are_asked_are_chosen_by_the_event(
    stream: str, event: Event, models: list[str]
) -> None:
    tasks = stream_tasks(STREAMS[stream], NO_INTENTS)

    assert [task.model for task in tasks.of(event)] == models


def test_an_event_that_no_model_wants_is_refused() -> None:
    tasks = StreamTasks(ImageReceived, (task_of("digit"),))

    with pytest.raises(RejectedError, match="no model of this stream"):
        tasks.of(an_image(ImageKind.DISH))


@pytest.mark.parametrize("model", MODELS)
def test_each_model_of_the_catalogue_has_a_task_in_the_file_of_its_name(model: str) -> None:
    assert task_of(model).model == model
