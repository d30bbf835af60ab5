"""TritonRunner: every answer is checked before it passes for numbers. The server is a fake on loopback."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
import pytest

from shared.errors import IntegrityError, RejectedError, RetryableError
from shared.inference.call import ModelCall, Target
from shared.inference.inputs import text_inputs
from shared.inference.port import Array
from shared.inference.triton import CallLimits, TritonRunner
from tests.support.fake_triton import FakeTriton, StatusError, echo, response
from tests.support.metrics import model_metrics

TWO_ROWS = {"input_ids": np.array([[1, 2], [3, 4]], dtype=np.int32)}
GOOD = np.zeros((2, 4), dtype=np.float32).tobytes()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTriton]:
    async with FakeTriton().serving() as server:
        yield server


@pytest.fixture
async def runner(fake: FakeTriton) -> AsyncIterator[TritonRunner]:
    runner = TritonRunner(fake.address, limits=CallLimits(deadline_s=5.0, max_in_flight=2))
    yield runner
    await runner.aclose()


NONSENSE = {
    "no bytes": response(shape=(2, 4), content=b""),
    "too few bytes": response(shape=(2, 4), content=GOOD[:-4]),
    "too many bytes": response(shape=(2, 4), content=GOOD + GOOD),
    "too few rows": response(shape=(1, 4), content=GOOD[:16]),
    "no rows": response(shape=(0, 4), content=b""),
    "a column too many": response(shape=(2, 5), content=bytes(40)),
    "an axis too many": response(shape=(2, 4, 1), content=GOOD),
    "rows and columns mixed up": response(shape=(4, 2), content=GOOD),
    "another type": response(shape=(2, 4), content=bytes(64), datatype="FP64"),
    "another type of the same size": response(shape=(2, 4), content=GOOD, datatype="INT32"),
    "no such type": response(shape=(2, 4), content=GOOD, datatype="FP99"),
    "another output": response(shape=(2, 4), content=GOOD, name="pooled"),
    "another version": response(shape=(2, 4), content=GOOD, version="2"),
}


@pytest.mark.parametrize("fault", NONSENSE)
async def test_an_answer_that_can_not_be_right_is_never_returned(
    fake: FakeTriton, runner: TritonRunner, fault: str
) -> None:
    fake.answer = lambda _: NONSENSE[fault]

    with pytest.raises(IntegrityError):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))


async def test_an_output_that_is_missing_is_noticed(fake: FakeTriton, runner: TritonRunner) -> None:
    def silent(request: Any) -> Any:
        answer = echo(request)
        del answer.outputs[:]
        del answer.raw_output_contents[:]
        return answer

    fake.answer = silent

    with pytest.raises(IntegrityError, match="logits"):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))


async def test_contents_without_their_tensor_are_noticed(fake: FakeTriton, runner: TritonRunner) -> None:
    def unlabelled(request: Any) -> Any:
        answer = echo(request)
        del answer.outputs[:]
        return answer

    fake.answer = unlabelled

    with pytest.raises(IntegrityError):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))


async def test_numbers_that_are_not_finite_are_left_to_the_caller(
    fake: FakeTriton, runner: TritonRunner
) -> None:
    fake.answer = lambda _: response(shape=(2, 4), content=np.full((2, 4), np.nan, np.float32).tobytes())

    answer = await runner.infer("echo", "1", TWO_ROWS, ("logits",))

    assert np.isnan(answer["logits"]).all()


async def test_a_canary_that_is_not_finite_is_no_sign_of_health(
    fake: FakeTriton, runner: TritonRunner
) -> None:
    fake.answer = lambda _: response(shape=(1, 4), content=np.full((1, 4), np.inf, np.float32).tobytes())

    with pytest.raises(IntegrityError):
        await runner.canary("echo", "1")


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 3), np.int64), np.zeros((2, 3), np.float32), np.zeros((2, 3, 1), np.int32)],
    ids=["int64", "float32", "three axes"],
)
async def test_what_the_model_does_not_take_is_never_sent(
    fake: FakeTriton, runner: TritonRunner, array: Array
) -> None:
    with pytest.raises(IntegrityError):
        await runner.infer("echo", "1", {"input_ids": array}, ("logits",))

    assert fake.requests.empty()


STATUSES = [
    (grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size", RetryableError),
    (grpc.StatusCode.UNAVAILABLE, "Request timeout expired", RetryableError),
    (grpc.StatusCode.UNAVAILABLE, "Server is stopping", RetryableError),
    (
        grpc.StatusCode.NOT_FOUND,
        "Request for unknown model: 'echo' has no available versions",
        RetryableError,
    ),
    (grpc.StatusCode.INTERNAL, "Stub process 'echo_0_0' is not healthy.", RetryableError),
    (grpc.StatusCode.INVALID_ARGUMENT, "unexpected shape for input 'input_ids'", RejectedError),
    (grpc.StatusCode.UNIMPLEMENTED, "", IntegrityError),
]


@pytest.mark.parametrize(("code", "details", "expected"), STATUSES)
async def test_a_status_of_the_server_becomes_the_error_that_says_what_to_do(
    fake: FakeTriton, runner: TritonRunner, code: grpc.StatusCode, details: str, expected: type[Exception]
) -> None:
    def refuse(_: Any) -> Any:
        raise StatusError(code, details)

    fake.answer = refuse

    with pytest.raises(expected, match=code.name):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))


async def test_a_call_ends_at_its_deadline(fake: FakeTriton) -> None:
    fake.gate.clear()
    runner = TritonRunner(fake.address, limits=CallLimits(deadline_s=0.05))

    with pytest.raises(RetryableError, match="DEADLINE_EXCEEDED"):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))

    await runner.aclose()


async def test_further_calls_wait_here_and_not_at_the_server(fake: FakeTriton, runner: TritonRunner) -> None:
    fake.gate.clear()
    calls = [asyncio.ensure_future(runner.infer("echo", "1", TWO_ROWS, ("logits",))) for _ in range(5)]
    for _ in range(2):
        await fake.requests.get()

    await runner.ready("echo", "1")
    while_full = fake.requests.qsize()
    fake.gate.set()
    await asyncio.gather(*calls)

    assert while_full == 0
    assert fake.requests.qsize() == 3


async def test_the_same_channel_serves_again_after_the_server_was_away() -> None:
    first = FakeTriton()
    async with first.serving():
        runner = TritonRunner(first.address)
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))
    with pytest.raises(RetryableError):
        await runner.infer("echo", "1", TWO_ROWS, ("logits",))

    async with FakeTriton(address=first.address).serving():
        call = ModelCall(runner, Target("echo", "1", ("logits",)), pad=text_inputs, metrics=model_metrics())
        (row,) = await call([np.array([3, 4], dtype=np.int32)])

    assert isinstance(row, dict)
    assert row["logits"].tolist() == [7.0] * 4
    await runner.aclose()


async def test_a_model_that_is_loading_is_not_ready(fake: FakeTriton, runner: TritonRunner) -> None:
    fake.is_ready = False

    with pytest.raises(RetryableError, match="not ready"):
        await runner.ready("echo", "1")
