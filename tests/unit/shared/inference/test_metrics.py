"""The metrics of a model: the numbers are those that happened."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from shared.errors import RejectedError, RetryableError
from shared.inference.batcher import Batcher, BatchLimits, Row
from shared.inference.call import ModelCall, Target
from shared.inference.inputs import text_inputs
from shared.inference.memory import MemoryRunner
from shared.inference.metrics import InferenceMetrics
from shared.inference.port import Arrays
from shared.inference.text import Ids
from tests.support.virtual_time import run_in_virtual_time


def ids(length: int) -> Ids:
    return np.ones(length, dtype=np.int32)


def sample(registry: CollectorRegistry, name: str, **labels: str) -> float:
    value = registry.get_sample_value(f"tidemill_{name}", {"model": "echo", **labels})
    assert value is not None, f"there is no tidemill_{name}"
    return value


def test_a_batch_counts_its_items_tokens_padding_and_waiting() -> None:
    registry = CollectorRegistry()

    async def answer(items: Sequence[Ids]) -> list[Row | RejectedError]:
        return [{} for _ in items]

    async def scenario() -> None:
        limits = BatchLimits(max_wait_s=0.02, max_waste=0.5)
        metrics = InferenceMetrics(registry).model("echo")
        batcher = Batcher(answer, len, limits=limits, metrics=metrics)
        await asyncio.gather(batcher.submit(ids(3)), batcher.submit(ids(5)))

    run_in_virtual_time(scenario())

    assert sample(registry, "batch_size_count") == 1
    assert sample(registry, "batch_size_sum") == 2
    assert sample(registry, "tokens_total") == 8
    assert sample(registry, "padding_tokens_total") == 2
    assert sample(registry, "queue_wait_seconds_sum") == pytest.approx(0.04)
    assert sample(registry, "queue_wait_seconds_bucket", le="0.01") == 0
    assert sample(registry, "queue_wait_seconds_bucket", le="0.025") == 2


def test_a_call_counts_its_retries_and_refusals() -> None:
    registry = CollectorRegistry()
    attempt_count = 0

    def model(inputs: Arrays) -> Arrays:
        nonlocal attempt_count
        attempt_count += 1
        if attempt_count <= 3:
            raise RetryableError("Triton answered UNAVAILABLE")
        return {"logits": np.array([[1.0], [np.nan]], dtype=np.float32)[: len(inputs["input_ids"])]}

    metrics = InferenceMetrics(registry).model("echo")
    call = ModelCall(
        MemoryRunner({"echo": model}), Target("echo", "1", ("logits",)), pad=text_inputs, metrics=metrics
    )

    run_in_virtual_time(call([ids(1), ids(1)]))

    assert sample(registry, "model_retries_total") == 3
    assert sample(registry, "model_refusals_total") == 1
    assert sample(registry, "infer_seconds_count") == 2  # once more, as one row had no number
