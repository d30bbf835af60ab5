"""Models: a version takes over in one step, and what the former one can't finish is asked anew."""

import asyncio
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from services.inference.settings import Settings
from shared.cache.memory import MemoryCache
from shared.errors import RetryableError
from shared.inference.port import TensorSpec
from shared.serving.models import Models
from shared.serving.predictor import ModelAnswer
from shared.serving.tasks import review_sentiment
from tests.support.shelf import MODEL, Shelf

ONE_LABEL = {"logits": TensorSpec(np.dtype(np.float32), (1,))}


class Watched:
    """Models that look for versions all the time, on a shelf that holds version 1."""

    def __init__(self, repository: Path) -> None:
        self.registry = CollectorRegistry()
        self.shelf = Shelf(repository)
        self.shelf.write("1")
        self.shelf.load("1")
        settings = Settings(models_dir=repository, models_look_every_s=0.001)
        self.models = Models(settings, self.shelf, MemoryCache(), self.registry)

    async def answers(self) -> tuple[str, float]:
        """Return which version is named for an answer, and which one gave it."""
        predictor = self.models.predictors[MODEL]
        (answer,) = await predictor.predict(["good"])
        assert isinstance(answer, ModelAnswer)
        return predictor.bundle.version, float(answer.row["logits"][0])

    async def serves(self, version: str) -> None:
        """Return when a version has taken over."""
        async with asyncio.timeout(10.0):
            while self.models.predictors[MODEL].bundle.version != version:  # noqa: ASYNC110 - tells nobody
                await asyncio.sleep(0)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """Models that are open, and followed."""
    watched = Watched(tmp_path)
    await watched.models.open(review_sentiment.TASK)
    following = asyncio.create_task(watched.models.follow())
    yield watched
    assert not following.done()
    following.cancel()
    watched.models.close()


async def test_a_version_answers_for_itself_also_when_the_text_was_asked_before(watched: Watched) -> None:
    said = [await watched.answers()]
    watched.shelf.write("2")
    watched.shelf.load("2")
    await watched.serves("2")
    said.append(await watched.answers())
    watched.shelf.remove("2")
    await watched.serves("1")
    said.append(await watched.answers())

    assert said == [("1", 1.0), ("2", 2.0), ("1", 1.0)]


async def test_a_version_that_has_finished_is_let_go_with_all_that_it_holds(watched: Watched) -> None:
    await watched.answers()
    former = weakref.ref(watched.models.predictors[MODEL])
    watched.shelf.write("2")
    watched.shelf.load("2")

    await watched.serves("2")

    assert former() is None


async def test_the_version_that_serves_is_measured(watched: Watched) -> None:
    watched.shelf.write("2")
    watched.shelf.load("2")
    await watched.serves("2")

    assert watched.registry.get_sample_value("tidemill_model_version", {"model": MODEL}) == 2


async def test_a_version_that_does_not_fit_is_passed_over_for_the_next_best(watched: Watched) -> None:
    for version in ("2", "3"):
        watched.shelf.write(version)
    watched.shelf.load("3", outputs=ONE_LABEL)
    watched.shelf.load("2")

    await watched.serves("2")

    assert await watched.answers() == ("2", 2.0)


async def test_what_a_version_can_not_finish_as_it_is_gone_is_given_back(watched: Watched) -> None:
    watched.shelf.write("2")
    watched.shelf.load("2")
    await watched.serves("2")
    predictor = watched.models.predictors[MODEL]
    watched.shelf.unload("2")
    asked = asyncio.create_task(predictor.predict(["bad"]))

    await watched.serves("1")

    with pytest.raises(RetryableError):
        await asked
    assert watched.models.waiting_for() is None


async def test_a_model_that_was_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.write("1")
    models = Models(Settings(models_dir=tmp_path), shelf, MemoryCache(), CollectorRegistry())
    opening = asyncio.create_task(models.open_all([review_sentiment.TASK]))
    await shelf.was_asked.wait()

    waited_for = models.waiting_for()
    shelf.load("1")
    await opening

    assert waited_for == f"waiting for model {MODEL} for 0 s"
    assert models.waiting_for() is None
    models.close()


async def test_an_expected_model_is_opened_once_the_server_has_it(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.shelf.unload("1")
    watched.models.expect([review_sentiment.TASK])
    following = asyncio.create_task(watched.models.follow())
    await watched.shelf.was_asked.wait()

    before = set(watched.models.predictors), set(watched.models.away_s())
    watched.shelf.load("1")
    async with asyncio.timeout(10.0):
        while watched.models.away_s():  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0)

    assert before == (set(), {MODEL})
    assert await watched.answers() == ("1", 1.0)
    following.cancel()
    watched.models.close()
