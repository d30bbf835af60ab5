"""ModelCall: it waits for a model that is away, and finds the item that a model refuses."""

import asyncio
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import IntegrityError, RejectedError, RetryableError
from shared.inference.batcher import Row
from shared.inference.call import ModelCall, Target
from shared.inference.memory import MemoryRunner, Model
from shared.inference.port import Arrays
from shared.inference.status import BatchFailedError
from shared.reasons import Reason
from tests.support.metrics import model_metrics
from tests.support.virtual_time import run_in_virtual_time

TARGET = Target("echo", "1", ("logits",))


def pad(items: Sequence[int]) -> Arrays:
    return {"input_ids": np.array(items, dtype=np.int32)[:, None]}


def echo(inputs: Arrays) -> Arrays:
    return {"logits": inputs["input_ids"].astype(np.float32)}


def a_call(model: Model, canary: Callable[[], None] = lambda: None) -> ModelCall[int]:
    runner = MemoryRunner({"echo": model}, canaries={"echo": canary})
    return ModelCall(runner, TARGET, pad=pad, metrics=model_metrics())


class AwayUntil:
    """A model that answers from an instant of the loop on."""

    def __init__(self, back_s: float) -> None:
        self.back_s = back_s
        self.asked_s: list[float] = []

    def __call__(self, inputs: Arrays) -> Arrays:
        """Return the echo, once it is back."""
        now_s = asyncio.get_running_loop().time()
        self.asked_s.append(now_s)
        if now_s < self.back_s:
            raise RetryableError("Triton answered UNAVAILABLE")
        return echo(inputs)


async def test_each_item_gets_its_own_row() -> None:
    outcomes = await a_call(echo)([5, 6])

    assert [float(outcome["logits"][0]) for outcome in outcomes if isinstance(outcome, dict)] == [5.0, 6.0]


@given(st.sets(st.integers(0, 39)))
def test_exactly_the_refused_items_of_a_batch_are_refused(poison: set[int]) -> None:
    def picky(inputs: Arrays) -> Arrays:
        if poison & set(inputs["input_ids"].ravel().tolist()):
            raise RejectedError(Reason.MODEL_REFUSED, "not these")
        return echo(inputs)

    outcomes = asyncio.run(a_call(picky)(range(40)))

    refused = {index for index, outcome in enumerate(outcomes) if isinstance(outcome, RejectedError)}
    assert refused == poison


async def test_one_refused_item_among_64_costs_at_most_13_calls() -> None:
    call_count = 0

    def picky(inputs: Arrays) -> Arrays:
        nonlocal call_count
        call_count += 1
        if 42 in inputs["input_ids"]:
            raise RejectedError(Reason.MODEL_REFUSED, "not this one")
        return echo(inputs)

    await a_call(picky)(range(64))

    assert call_count <= 13


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
async def test_a_row_that_is_not_finite_refuses_its_item_only(number: float) -> None:
    def broken(inputs: Arrays) -> Arrays:
        logits = np.repeat(echo(inputs)["logits"], 3, axis=1)
        logits[1, 2] = number
        return {"logits": logits}

    first, second, third = await a_call(broken)([1, 2, 3])

    assert isinstance(second, RejectedError)
    assert second.reason == "model_output_not_finite"
    assert not isinstance(first, RejectedError)
    assert not isinstance(third, RejectedError)


def all_nan(inputs: Arrays) -> Arrays:
    return {"logits": echo(inputs)["logits"] * np.nan}


async def test_a_model_that_gives_the_canary_no_numbers_either_stops_the_caller() -> None:
    def ill() -> None:
        raise IntegrityError("NaN for the canary")

    with pytest.raises(IntegrityError, match="canary"):
        await a_call(all_nan, canary=ill)([1, 2])


async def test_rows_without_numbers_are_asked_for_again_as_the_model_may_be_well_by_now() -> None:
    models = [all_nan, echo]

    def recovering(inputs: Arrays) -> Arrays:
        return models.pop(0)(inputs)

    outcomes = await a_call(recovering)([1, 2])

    assert not any(isinstance(outcome, RejectedError) for outcome in outcomes)


def test_a_model_that_is_away_for_an_hour_is_waited_for_with_steps_of_at_most_a_second() -> None:
    model = AwayUntil(3600.0)

    outcomes = run_in_virtual_time(a_call(model)([1]))

    steps_s = np.diff(model.asked_s)
    assert not isinstance(outcomes[0], RejectedError)
    assert steps_s.max() <= 1.0
    assert steps_s[-100:].mean() > 0.3


def test_it_tells_since_when_it_waits_and_that_it_does_no_more() -> None:
    async def scenario() -> tuple[float | None, float | None]:
        call = a_call(AwayUntil(30.0))
        answering = asyncio.create_task(call([1]))
        await asyncio.sleep(10.0)
        while_away = call.waiting_since_s
        await answering
        return while_away, call.waiting_since_s

    assert run_in_virtual_time(scenario()) == (0.0, None)


async def test_nonsense_from_the_model_stops_the_caller() -> None:
    def senseless(inputs: Arrays) -> Arrays:
        raise IntegrityError(f"{len(inputs)} tensors with 0 bytes")

    with pytest.raises(IntegrityError):
        await a_call(senseless)([1, 2])


def chokes_on_13(inputs: Arrays) -> Arrays:
    if 13 in inputs["input_ids"]:
        raise BatchFailedError("Triton answered INTERNAL: something broke")
    return echo(inputs)


def test_an_item_that_breaks_a_model_that_is_well_is_refused_alone() -> None:
    async def scenario() -> tuple[list[Row | RejectedError], float | None]:
        call = a_call(chokes_on_13)
        return await call(range(10, 20)), call.waiting_since_s

    outcomes, waiting_since_s = run_in_virtual_time(scenario())

    refused = {10 + index: x.reason for index, x in enumerate(outcomes) if isinstance(x, RejectedError)}
    assert refused == {13: "model_failed"}
    assert waiting_since_s is None


def test_nothing_is_refused_while_the_model_itself_is_ill() -> None:
    def ill_for_a_while() -> None:
        if asyncio.get_running_loop().time() < 300:
            raise BatchFailedError("Triton answered INTERNAL: something broke")

    def model(inputs: Arrays) -> Arrays:
        ill_for_a_while()
        return echo(inputs)

    outcomes = run_in_virtual_time(a_call(model, ill_for_a_while)([13]))

    assert not isinstance(outcomes[0], RejectedError)


def test_a_model_that_recovers_just_before_its_canary_refuses_nothing() -> None:
    attempt_count = 0

    def model(inputs: Arrays) -> Arrays:
        nonlocal attempt_count
        attempt_count += 1
        if attempt_count <= 5:
            raise BatchFailedError("Triton answered INTERNAL: something broke")
        return echo(inputs)

    outcomes = run_in_virtual_time(a_call(model)([13]))

    assert not isinstance(outcomes[0], RejectedError)


def test_waiting_can_be_cancelled() -> None:
    async def scenario() -> None:
        async with asyncio.timeout(60.0):
            await a_call(AwayUntil(3600.0))([1])

    with pytest.raises(TimeoutError):
        run_in_virtual_time(scenario())


def test_a_retired_call_waits_no_longer_for_a_model_that_is_gone() -> None:
    call = a_call(AwayUntil(back_s=math.inf))

    async def scenario() -> None:
        asking = asyncio.create_task(call([5]))
        await asyncio.sleep(60.0)
        assert not asking.done()
        call.retire()
        await asking

    with pytest.raises(RetryableError, match="UNAVAILABLE"):
        run_in_virtual_time(scenario())


def test_a_retired_call_gives_up_on_a_model_that_fails_and_is_not_well() -> None:
    def fail(_: Arrays) -> Arrays:
        raise BatchFailedError("Triton answered INTERNAL")

    def is_ill() -> None:
        raise RetryableError("Triton answered UNAVAILABLE")

    call = a_call(fail, is_ill)
    call.retire()

    with pytest.raises(RetryableError, match="had its day"):
        run_in_virtual_time(call([5]))


async def test_a_retired_call_still_answers() -> None:
    call = a_call(echo)
    call.retire()

    (outcome,) = await call([5])

    assert isinstance(outcome, dict)
