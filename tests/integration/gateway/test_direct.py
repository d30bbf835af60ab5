"""Direct calls on a real Triton: they answer as the streams do."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from deploy.local.paths import MODELS
from deploy.local.samples import load
from deploy.local.samples.images import truncated_jpeg
from deploy.local.stack import Addresses
from services.gateway.api import application
from services.gateway.direct.direct import Direct
from services.gateway.direct.opening import open_direct
from services.gateway.guard.caller import ANYBODY
from services.gateway.routes import analyze, classify
from services.gateway.settings import Settings
from services.inference.handler import InferenceHandler
from shared.cache.memory import NullCache
from shared.catalogue import STREAMS
from shared.errors import RejectedError
from shared.events import Channel, Event, ImageKind, Prediction
from shared.inference.prototypes import IntentsFile
from shared.inference.triton import TritonRunner
from shared.serving.models import Models
from shared.serving.settings import ServingSettings
from shared.serving.streams import stream_tasks
from shared.settings import TritonSettings
from tests.support.callers import CalledBy
from tests.support.received import received

OPEN_WITHIN_S = 60.0
NO_INTENTS = Path("no intents were added")


@pytest.fixture
async def client(triton: Addresses) -> AsyncIterator[AsyncClient]:
    """Client of a gateway that has all models open."""
    settings = Settings(
        models_dir=MODELS, intents_file=NO_INTENTS, triton=TritonSettings(address=triton.triton_grpc)
    )
    async with open_direct(settings, NullCache(), CollectorRegistry(), asyncio.Event()) as direct:
        await opened(direct)
        yield client_of(direct)


def client_of(direct: Direct) -> AsyncClient:
    app = CalledBy(application((analyze.router(direct), classify.router(direct))), ANYBODY)
    return AsyncClient(transport=ASGITransport(app), base_url="http://gateway")


async def opened(direct: Direct) -> None:
    """Return when all models answer."""
    async with asyncio.timeout(OPEN_WITHIN_S):
        while direct.missing():  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0.05)


async def stream_results(stream: str, events: Sequence[Event], triton: Addresses) -> list[Any]:
    """Return the results that the stream gives, without a broker."""
    runner = TritonRunner(triton.triton_grpc)
    models = Models(ServingSettings(models_dir=MODELS), runner, NullCache(), CollectorRegistry())
    tasks = stream_tasks(STREAMS[stream], IntentsFile(NO_INTENTS))
    try:
        await models.open_all(tasks.all)
        outcomes = await InferenceHandler(tasks, models.predictors).handle(received(*events))
    finally:
        models.close()
        await runner.aclose()
    return [outcome[0] for outcome in outcomes if not isinstance(outcome, RejectedError)]


def labels(answer: Any) -> list[tuple[str, float]]:
    return [(each["label"], each["confidence"]) for each in answer["items"]]


def same(prediction: Prediction) -> tuple[str, Any]:
    """Return label and confidence; rounding differs by the other rows of a batch."""
    return prediction.label, pytest.approx(prediction.confidence, abs=1e-6)


def spans(entities: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["text"], each["type"], each["start"], each["end"]) for each in entities]


async def asked(client: AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_intents_and_sentiments_are_those_of_the_stream(client: AsyncClient, triton: Addresses) -> None:
    messages = load.messages()
    chats = [message for message in messages if message.channel is not Channel.REVIEW][:64]
    reviews = [message for message in messages if message.channel is Channel.REVIEW][:64]

    intents = await asked(client, "/v1/analyze/intent", {"texts": [each.text for each in chats]})
    sentiments = await asked(client, "/v1/analyze/sentiment", {"texts": [each.text for each in reviews]})

    results = await stream_results("messages", [*chats, *reviews], triton)
    expected = [each.intent or each.sentiment for each in results]
    assert labels(intents) + labels(sentiments) == [same(each) for each in expected]
    assert all(each["sentiment"] == each["label"] for each in sentiments["items"])


async def test_tone_and_names_are_those_of_the_stream(client: AsyncClient, triton: Addresses) -> None:
    stories = [story.model_copy(update={"body": ""}) for story in load.news()[:64]]
    headlines = {"texts": [story.headline for story in stories]}

    tones = await asked(client, "/v1/analyze/tone", headlines)
    names = await asked(client, "/v1/analyze/entities", headlines)

    results = await stream_results("news", stories, triton)
    assert labels(tones) == [same(each.sentiment) for each in results]
    assert [each["topic"]["label"] for each in tones["items"]] == [each.topic.label for each in results]
    assert [spans(each["entities"]) for each in names["items"]] == [
        spans(each.model_dump() for each in story.entities) for story in results
    ]
    assert any(each["entities"] for each in names["items"])


async def test_images_get_the_labels_of_the_stream_however_they_are_sent(
    client: AsyncClient, triton: Addresses
) -> None:
    digits = [image for image in load.digits() if image.kind is ImageKind.DIGIT][:8]

    as_json = await asked(
        client,
        "/v1/classify/image",
        {"kind": "digit", "images": [b64encode(each.content).decode() for each in digits]},
    )
    as_form = await client.post(
        "/v1/classify/image",
        data={"kind": "digit"},
        files=[("images", (f"{number}.png", each.content)) for number, each in enumerate(digits)],
    )
    as_file = await client.post(
        "/v1/classify/image?kind=digit", content=digits[0].content, headers={"Content-Type": "image/png"}
    )

    results = await stream_results("images", digits, triton)
    expected = [same(each.label) for each in results]
    assert labels(as_json) == expected
    assert labels(as_form.json()) == expected
    assert labels({"items": [as_file.json()]}) == expected[:1]
    assert as_file.json()["class_id"] == int(results[0].label.label)


async def test_a_broken_image_of_several_has_a_problem_in_its_place(client: AsyncClient) -> None:
    whole = load.digits()[0].content
    contents = [whole, truncated_jpeg(), whole]

    answer = await asked(
        client,
        "/v1/classify/image",
        {"kind": "digit", "images": [b64encode(each).decode() for each in contents]},
    )

    first, broken, last = answer["items"]
    assert (broken["status"], broken["reason"]) == (422, "image_undecodable")
    assert first["label"] == last["label"]


async def test_without_a_triton_each_call_is_told_at_once_which_model_is_away() -> None:
    nobody = TritonSettings(address="127.0.0.1:1")
    settings = Settings(models_dir=MODELS, intents_file=NO_INTENTS, triton=nobody)

    async with open_direct(settings, NullCache(), CollectorRegistry(), asyncio.Event()) as direct:
        client = client_of(direct)
        answers = [
            await client.post(f"/v1/analyze/{path}", json={"text": "a"}) for path in ("intent", "tone")
        ]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.json()["reason"] for answer in answers] == ["support_intent", "news_tone"]
    assert all("Retry-After" in answer.headers for answer in answers)
