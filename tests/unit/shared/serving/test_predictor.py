"""Predictor: what comes from the cache, what is shared, what is refused."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.cache.memory import MemoryCache, NullCache
from shared.cache.port import Cache
from shared.errors import IntegrityError, RejectedError
from shared.inference.batcher import Batcher, BatchLimits, Row
from shared.reasons import Reason
from shared.repository.bundle import ModelBundle, OutputSpec, TextSpec, WordsSpec
from shared.serving.predictor import InputEncoding, ModelAnswer, Predictor
from tests.support.metrics import model_metrics

BUNDLE = ModelBundle(
    model="length",
    version="1",
    folder=Path("nowhere"),
    spec=TextSpec(max_tokens=9, outputs={"logits": OutputSpec(labels=("short", "long"))}),
    preprocessing_hash="0" * 64,
)


class LengthModel:
    """Answers a text's length and its double; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    async def __call__(self, texts: Sequence[str]) -> list[Row | RejectedError]:
        """Return one row a text."""
        self.asked.extend(texts)
        self.was_asked.set()
        await asyncio.sleep(0)
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return [{"logits": np.array([len(text), 2 * len(text)], dtype=np.float32)} for text in texts]


def encode(texts: Sequence[str]) -> list[str | RejectedError]:
    return [RejectedError(Reason.IMAGE_UNDECODABLE, "broken") if text == "broken" else text for text in texts]


def a_predictor(
    model: LengthModel, cache: Cache, executor: ThreadPoolExecutor | None = None
) -> Predictor[str, str]:
    limits = BatchLimits(max_wait_s=0.0)
    return Predictor(
        BUNDLE,
        InputEncoding(canonical=lambda text: text.strip().encode(), encode=encode),
        Batcher(model, len, limits=limits, metrics=model_metrics()),
        cache=cache,
        executor=executor or ThreadPoolExecutor(max_workers=1),
    )


def logits(outcome: ModelAnswer | RejectedError) -> list[Any]:
    assert isinstance(outcome, ModelAnswer)
    numbers: list[Any] = outcome.row["logits"].tolist()
    return numbers


async def test_answers_come_in_the_order_of_the_inputs() -> None:
    predictor = a_predictor(LengthModel(), NullCache())

    outcomes = await predictor.predict(["aaa", "b", "cc"])

    assert [logits(outcome) for outcome in outcomes] == [[3, 6], [1, 2], [2, 4]]


async def test_equal_inputs_of_one_chunk_cost_one_model_call() -> None:
    model = LengthModel()
    predictor = a_predictor(model, NullCache())

    outcomes = await predictor.predict(["same", " same ", "same"])

    assert model.asked == ["same"]
    assert [logits(outcome) for outcome in outcomes] == [[4, 8]] * 3


async def test_equal_inputs_of_two_chunks_under_way_share_one_model_call() -> None:
    model = LengthModel()
    predictor = a_predictor(model, NullCache())

    one = asyncio.create_task(predictor.predict(["same"]))
    await model.was_asked.wait()
    (two,) = await predictor.predict(["same"])

    assert logits(two) == logits((await one)[0])
    assert model.asked == ["same"]


async def test_equal_inputs_that_come_at_the_same_moment_share_one_model_call() -> None:
    model, executor = LengthModel(), ThreadPoolExecutor(max_workers=1)
    predictor = a_predictor(model, NullCache(), executor)
    model.may_answer.clear()

    chunks = [asyncio.create_task(predictor.predict(["same"])) for _ in range(3)]
    await model.was_asked.wait()
    await asyncio.get_running_loop().run_in_executor(executor, str)  # behind the encoding of all three
    model.may_answer.set()

    assert [logits((await chunk)[0]) for chunk in chunks] == [[4, 8]] * 3
    assert model.asked == ["same"]


async def test_a_cached_answer_has_the_same_numbers_and_says_that_it_is_cached() -> None:
    model = LengthModel()
    predictor = a_predictor(model, MemoryCache())
    (fresh,) = await predictor.predict(["text"])

    (again,) = await predictor.predict(["text"])

    assert isinstance(again, ModelAnswer)
    assert again.cached
    assert logits(again) == logits(fresh)
    assert model.asked == ["text"]


async def test_a_cached_value_of_another_size_is_a_miss() -> None:
    class Liar(NullCache):
        async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
            return [b"\0" * 12] * len(keys)

    (outcome,) = await a_predictor(LengthModel(), Liar()).predict(["text"])

    assert isinstance(outcome, ModelAnswer)
    assert not outcome.cached
    assert logits(outcome) == [4, 8]


async def test_an_input_that_cannot_be_encoded_leaves_its_neighbours_alone() -> None:
    predictor = a_predictor(LengthModel(), NullCache())

    before, broken, after = await predictor.predict(["a", "broken", "bb"])

    assert isinstance(broken, RejectedError)
    assert broken.reason == "image_undecodable"
    assert [logits(before), logits(after)] == [[1, 2], [2, 4]]


async def test_a_caller_that_gives_up_does_not_hurt_the_one_who_shares_its_answer() -> None:
    model = LengthModel()
    predictor = a_predictor(model, NullCache())
    impatient = asyncio.create_task(predictor.predict(["same"]))
    await model.was_asked.wait()
    patient = asyncio.create_task(predictor.predict(["same"]))
    await asyncio.sleep(0)

    impatient.cancel()

    assert logits((await patient)[0]) == [4, 8]


async def test_a_model_that_answers_nonsense_stops_the_caller() -> None:
    model = LengthModel()
    model.error = IntegrityError("empty tensors")

    with pytest.raises(IntegrityError, match="empty tensors"):
        await a_predictor(model, NullCache()).predict(["text"])


class VectorModel(LengthModel):
    """Answers a vector of three numbers too."""

    async def __call__(self, texts: Sequence[str]) -> list[Row | RejectedError]:
        """Return one row a text."""
        rows = await super().__call__(texts)
        return [{**row, "pooled": np.arange(3, dtype=np.float32)} for row in rows if isinstance(row, dict)]


async def test_a_cached_answer_holds_the_vectors_that_were_asked_for() -> None:
    model = VectorModel()
    predictor = Predictor(
        BUNDLE,
        InputEncoding(canonical=str.encode, encode=encode, vectors={"pooled": 3}),
        Batcher(model, len, limits=BatchLimits(max_wait_s=0.0), metrics=model_metrics()),
        cache=MemoryCache(),
        executor=ThreadPoolExecutor(max_workers=1),
    )

    await predictor.predict(["aaa"])
    (outcome,) = await predictor.predict(["aaa"])

    assert isinstance(outcome, ModelAnswer)
    assert outcome.cached
    assert logits(outcome) == [3, 6]
    assert outcome.row["pooled"].tolist() == [0, 1, 2]


async def test_an_answer_with_a_row_a_piece_comes_back_from_the_cache_in_its_shape() -> None:
    spec = WordsSpec(max_tokens=9, outputs={"logits": OutputSpec(labels=("O", "B-place"))})
    bundle = ModelBundle(
        model="words", version="1", folder=Path("nowhere"), spec=spec, preprocessing_hash="0"
    )

    async def pieces(texts: Sequence[str]) -> list[Row | RejectedError]:
        return [{"logits": np.arange(2 * len(text), dtype=np.float32).reshape(-1, 2)} for text in texts]

    predictor = Predictor(
        bundle,
        InputEncoding(canonical=str.encode, encode=encode),
        Batcher(pieces, len, limits=BatchLimits(max_wait_s=0.0), metrics=model_metrics()),
        cache=MemoryCache(),
        executor=ThreadPoolExecutor(max_workers=1),
    )

    fresh = await predictor.predict(["abc", "d"])
    kept = await predictor.predict(["abc", "d"])

    assert all(isinstance(outcome, ModelAnswer) and outcome.cached for outcome in kept)
    assert [logits(outcome) for outcome in kept] == [logits(outcome) for outcome in fresh]
    assert logits(kept[1]) == [[0.0, 1.0]]
