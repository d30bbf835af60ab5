"""The whole way to the real Triton: batcher, call and runner."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from deploy.local.stack import Addresses
from shared.errors import RejectedError
from shared.inference.batcher import Batcher, BatchLimits
from shared.inference.call import ModelCall, Target
from shared.inference.inputs import text_inputs
from shared.inference.text import Ids
from shared.inference.triton import TritonRunner
from tests.support.metrics import model_metrics

METRICS = model_metrics()


def ids(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.int32)


@pytest.fixture
async def runner(triton: Addresses) -> AsyncIterator[TritonRunner]:
    runner = TritonRunner(triton.triton_grpc)
    yield runner
    await runner.aclose()


def a_call(runner: TritonRunner, model: str) -> ModelCall[Ids]:
    return ModelCall(runner, Target(model, "1", ("logits",)), pad=text_inputs, metrics=METRICS)


async def test_a_batch_above_the_model_s_limit_is_halved_until_it_fits(runner: TritonRunner) -> None:
    outcomes = await a_call(runner, "identity")([ids(number) for number in range(600)])

    first_numbers = [float(outcome["logits"][0]) for outcome in outcomes if isinstance(outcome, dict)]
    np.testing.assert_allclose(first_numbers, np.arange(600) / 1000, rtol=1e-5)


async def test_an_item_that_the_model_can_not_work_on_is_refused_alone(runner: TritonRunner) -> None:
    outside_of_every_vocabulary = 10_000_000
    items = [ids(101, 2000 + number, 102) for number in range(8)]
    items[5] = ids(101, outside_of_every_vocabulary, 102)

    outcomes = await a_call(runner, "support_intent")(items)

    assert [isinstance(outcome, RejectedError) for outcome in outcomes] == [
        index == 5 for index in range(len(items))
    ]


async def test_a_thousand_items_of_mixed_lengths_get_each_their_own_answer(runner: TritonRunner) -> None:
    rng = np.random.default_rng(5)
    items = [rng.integers(1, 100, size=rng.integers(1, 60)).astype(np.int32) for _ in range(1000)]
    batcher = Batcher(a_call(runner, "identity"), len, limits=BatchLimits(), metrics=METRICS)

    answers = await asyncio.gather(*(batcher.submit(item) for item in items))

    first_numbers = [float(answer.row["logits"][0]) for answer in answers]
    np.testing.assert_allclose(first_numbers, sums(items) / 1000, rtol=1e-5)


def sums(items: Sequence[Ids]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([float(item.sum()) for item in items])
