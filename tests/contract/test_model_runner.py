"""Contract of every adapter of ModelServer: in memory, over gRPC, and with the real Triton."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from shared.errors import RetryableError
from shared.inference.memory import MemoryRunner
from shared.inference.port import Arrays, ModelServer, ModelSpec, TensorSpec
from shared.inference.triton import CallLimits, TritonRunner
from shared.repository.config import hash_parameter
from tests.support.fake_triton import FakeTriton

ECHO = ModelSpec(
    model="echo",
    version="1",
    inputs={"input_ids": TensorSpec(np.dtype(np.int32), (-1,))},
    outputs={"logits": TensorSpec(np.dtype(np.float32), (4,))},
    max_batch_size=64,
    parameters={hash_parameter("1"): "abc"},
)


@dataclass(frozen=True)
class Subject:
    """An adapter, and the name of a model with input_ids INT32 [-1] and logits FP32 [4]."""

    server: ModelServer
    model: str


def echo(inputs: Arrays) -> Arrays:
    sums = inputs["input_ids"].sum(axis=1, dtype=np.int32).astype(np.float32)
    return {"logits": np.repeat(sums[:, None], 4, axis=1), "pooled": sums}


@pytest.fixture(params=["memory", "grpc", "triton"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        yield Subject(MemoryRunner({"echo": echo}, specs={"echo": ECHO}), "echo")
    elif request.param == "grpc":
        async with FakeTriton().serving() as fake:
            server = TritonRunner(fake.address)
            yield Subject(server, "echo")
            await server.aclose()
    else:
        triton = request.getfixturevalue("triton")
        server = TritonRunner(triton.triton_grpc)
        yield Subject(server, "identity")
        await server.aclose()


def ids(*rows: list[int]) -> Arrays:
    return {"input_ids": np.array(rows, dtype=np.int32)}


async def test_rows_come_back_in_the_order_of_the_inputs(subject: Subject) -> None:
    rows = [[5, 1], [7, 2], [3, 4]]
    together = await subject.server.infer(subject.model, "1", ids(*rows), ("logits",))

    alone = [await subject.server.infer(subject.model, "1", ids(row), ("logits",)) for row in rows]

    assert together["logits"].shape == (3, 4)
    assert together["logits"].dtype == np.float32
    np.testing.assert_allclose(
        together["logits"], np.concatenate([one["logits"] for one in alone]), rtol=1e-5
    )
    assert len({tuple(row) for row in together["logits"].tolist()}) == 3


async def test_only_the_named_outputs_are_returned(subject: Subject) -> None:
    answer = await subject.server.infer(subject.model, "1", ids([1]), ("logits",))

    assert set(answer) == {"logits"}


async def test_an_unknown_model_is_waited_for_not_given_up(subject: Subject) -> None:
    with pytest.raises(RetryableError):
        await subject.server.infer("no_such_model", "1", ids([1]), ("logits",))

    with pytest.raises(RetryableError):
        await subject.server.ready("no_such_model", "1")


async def test_a_ready_model_is_described(subject: Subject) -> None:
    spec = await subject.server.ready(subject.model, "1")

    assert (spec.model, spec.version) == (subject.model, "1")
    assert spec.inputs == ECHO.inputs
    assert spec.outputs == ECHO.outputs
    assert spec.max_batch_size >= 64
    assert hash_parameter("1") in spec.parameters


async def test_a_healthy_model_passes_the_canary(subject: Subject) -> None:
    await subject.server.canary(subject.model, "1")

    with pytest.raises(RetryableError):
        await subject.server.canary("no_such_model", "1")


async def test_many_calls_at_a_time_get_each_their_own_answer(subject: Subject) -> None:
    answers = await asyncio.gather(
        *(subject.server.infer(subject.model, "1", ids([number]), ("logits",)) for number in range(1, 60))
    )

    again = await subject.server.infer(subject.model, "1", ids(*([n] for n in range(1, 60))), ("logits",))
    np.testing.assert_allclose(np.concatenate([one["logits"] for one in answers]), again["logits"], rtol=1e-5)


async def test_a_call_that_is_given_up_leaves_the_next_one_unharmed(subject: Subject) -> None:
    given_up = asyncio.ensure_future(subject.server.infer(subject.model, "1", ids([9, 9]), ("logits",)))
    await asyncio.sleep(0)
    given_up.cancel()
    expected = await subject.server.infer(subject.model, "1", ids([4, 2]), ("logits",))

    answer = await subject.server.infer(subject.model, "1", ids([4, 2]), ("logits",))

    np.testing.assert_array_equal(answer["logits"], expected["logits"])


async def test_nobody_at_the_address_is_an_error_that_passes() -> None:
    server = TritonRunner("127.0.0.1:9", limits=CallLimits(deadline_s=5.0))

    with pytest.raises(RetryableError, match="UNAVAILABLE"):
        await server.infer("echo", "1", ids([1]), ("logits",))

    await server.aclose()
