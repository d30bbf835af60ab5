"""Batcher: who travels together, when, and what happens when one of them falls over."""

import asyncio
import random
from collections.abc import Sequence

import numpy as np
import pytest

from shared.errors import IntegrityError, RejectedError, RetryableError
from shared.inference.batcher import Batcher, BatchLimits, ItemResult, Row, RunBatch
from shared.reasons import Reason
from tests.support.metrics import model_metrics
from tests.support.virtual_time import run_in_virtual_time

FOR_EVER = BatchLimits(max_items=2, max_wait_s=3600.0)


def row_of(item: int) -> Row:
    return {"value": np.array([item])}


def value_of(answer: ItemResult) -> int:
    return int(answer.row["value"][0])


def a_batcher(run_batch: RunBatch[int], limits: BatchLimits = FOR_EVER) -> Batcher[int]:
    """All items are of length 1."""
    return Batcher(run_batch, lambda _: 1, limits=limits, metrics=model_metrics())


class Recorder:
    """Echoes each item, refuses 13, and remembers the batches; holds them while `gate` is closed."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.times_s: list[float] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> list[Row | RejectedError]:
        """Return the rows of the items, once the gate is open."""
        self.asked.set()
        self.batches.append(list(items))
        self.times_s.append(asyncio.get_running_loop().time())
        await self.gate.wait()
        return [
            RejectedError(Reason.MODEL_REFUSED, "unlucky") if item == 13 else row_of(item) for item in items
        ]


async def test_a_full_batch_leaves_at_once() -> None:
    recorder = Recorder()
    batcher = a_batcher(recorder)

    answers = await asyncio.gather(batcher.submit(1), batcher.submit(2))

    assert [value_of(answer) for answer in answers] == [1, 2]
    assert recorder.batches == [[1, 2]]


def test_the_timer_runs_from_the_first_item() -> None:
    async def scenario() -> list[float]:
        recorder = Recorder()
        batcher = a_batcher(recorder, BatchLimits(max_items=10, max_wait_s=1.0))
        first = batcher.submit(1)
        await asyncio.sleep(0.6)
        second = batcher.submit(2)
        await asyncio.gather(first, second)
        return recorder.times_s

    assert run_in_virtual_time(scenario()) == [1.0]


def test_every_item_learns_how_long_it_waited_and_how_long_the_model_took() -> None:
    async def slow(items: Sequence[int]) -> list[Row | RejectedError]:
        await asyncio.sleep(0.25)
        return [row_of(item) for item in items]

    async def scenario() -> list[ItemResult]:
        batcher = a_batcher(slow, BatchLimits(max_items=10, max_wait_s=1.0))
        first = batcher.submit(1)
        await asyncio.sleep(0.6)
        return list(await asyncio.gather(first, batcher.submit(2)))

    first, second = run_in_virtual_time(scenario())
    assert (first.queue_ms, first.infer_ms) == pytest.approx((1000.0, 250.0))
    assert (second.queue_ms, second.infer_ms) == pytest.approx((400.0, 250.0))


async def test_what_is_submitted_in_one_turn_of_the_loop_is_sorted_by_length_together() -> None:
    recorder = Recorder()
    limits = BatchLimits(max_items=3, max_waste=0.0, max_wait_s=0.0)
    batcher = Batcher(recorder, lambda item: item, limits=limits, metrics=model_metrics())

    await asyncio.gather(*(batcher.submit(item) for item in (4, 9, 4, 9, 4, 9)))

    assert recorder.batches == [[4, 4, 4], [9, 9, 9]]


async def test_a_batch_waits_while_all_slots_are_taken_and_leaves_when_one_is_free() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    batcher = a_batcher(recorder, BatchLimits(max_items=1, max_in_flight=2))
    answers = [batcher.submit(item) for item in (1, 2, 3)]
    for _ in range(5):
        await asyncio.sleep(0)
    while_full = list(recorder.batches)

    recorder.gate.set()
    await asyncio.gather(*answers)

    assert while_full == [[1], [2]]
    assert recorder.batches == [[1], [2], [3]]


async def test_a_refused_item_does_not_hurt_its_batch_mates() -> None:
    batcher = a_batcher(Recorder())
    unlucky, lucky = batcher.submit(13), batcher.submit(7)

    with pytest.raises(RejectedError, match="unlucky"):
        await unlucky

    assert value_of(await lucky) == 7


async def test_a_caller_that_gives_up_while_waiting_does_not_hurt_its_batch_mates() -> None:
    recorder = Recorder()
    batcher = a_batcher(recorder)
    impatient = batcher.submit(1)
    impatient.cancel()

    answer = await batcher.submit(2)

    assert value_of(answer) == 2
    assert recorder.batches == [[2]]


async def test_a_caller_that_gives_up_while_the_model_works_does_not_hurt_its_batch_mates() -> None:
    recorder = Recorder()
    recorder.gate.clear()
    batcher = a_batcher(recorder)
    impatient, patient = batcher.submit(1), batcher.submit(2)
    await recorder.asked.wait()

    impatient.cancel()
    recorder.gate.set()

    assert value_of(await patient) == 2


async def test_an_error_that_concerns_no_single_item_reaches_every_caller() -> None:
    async def broken(items: Sequence[int]) -> list[Row | RejectedError]:
        raise IntegrityError(f"{len(items)} rows became none")

    batcher = a_batcher(broken)

    outcomes = await asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [IntegrityError, IntegrityError]


async def test_beyond_the_bound_an_item_is_turned_away() -> None:
    batcher = a_batcher(Recorder(), BatchLimits(max_items=10, max_pending=1, max_wait_s=3600.0))
    batcher.submit(1)

    with pytest.raises(RetryableError):
        batcher.submit(2)


def test_a_storm_of_callers_that_come_fail_and_give_up_leaves_no_one_waiting() -> None:
    rng = random.Random(11)

    async def sometimes(items: Sequence[int]) -> list[Row | RejectedError]:
        await asyncio.sleep(rng.random() * 0.01)
        return [RejectedError(Reason.MODEL_REFUSED, "") if item % 17 == 0 else row_of(item) for item in items]

    async def caller(batcher: Batcher[int], item: int) -> str:
        await asyncio.sleep(rng.random())
        try:
            async with asyncio.timeout(rng.choice((0.001, 60.0))):
                answer = await batcher.submit(item)
        except TimeoutError:
            return "gave up"
        except RejectedError:
            return "refused" if item % 17 == 0 else "wrongly refused"
        return "answered" if value_of(answer) == item else "got the answer of another"

    async def scenario() -> set[str]:
        batcher = a_batcher(sometimes, BatchLimits(max_items=16, max_wait_s=0.005))
        outcomes = await asyncio.gather(*(caller(batcher, item) for item in range(3000)))
        return set(outcomes)

    assert run_in_virtual_time(scenario()) == {"answered", "refused", "gave up"}
