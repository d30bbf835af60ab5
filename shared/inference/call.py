"""Calls of one model: repeated while it is down, and bisected to the item that it refuses."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from shared.errors import RejectedError, RetryableError
from shared.inference.batcher import Row
from shared.inference.metrics import ModelMetrics
from shared.inference.port import Arrays, ModelServer
from shared.inference.status import BatchFailedError
from shared.reasons import Reason

Item = TypeVar("Item")
Pad = Callable[[Sequence[Item]], Arrays]
"""Makes the model's input from a batch of items."""

# A process has a few calls in flight at most: one retry per second costs a failing model nothing.
_BACK_OFF = wait_random_exponential(multiplier=0.05, max=1.0)
_WHILE_AWAY = retry_if_exception_type(RetryableError)

# Failures of a batch before a canary decides whether the batch or the model is at fault.
_DOUBTED_ATTEMPTS = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Target:
    """Model, version and outputs of a call."""

    model: str
    version: str
    outputs: tuple[str, ...]


class ModelCall(Generic[Item]):
    """Answers batches of items: the `run_batch` of a Batcher."""

    def __init__(
        self,
        server: ModelServer,
        target: Target,
        *,
        pad: Pad[Item],
        metrics: ModelMetrics,
    ) -> None:
        self._server = server
        self._target = target
        self._pad = pad
        self._metrics = metrics
        self._waiting_since_s: float | None = None
        self._retired = False

    @property
    def waiting_since_s(self) -> float | None:
        """Time of the event loop since which the model has been down; None while it answers."""
        return self._waiting_since_s

    def retire(self) -> None:
        """Stop waiting for the model: another version has taken over, and this one may not come back."""
        self._retired = True

    async def __call__(self, items: Sequence[Item]) -> list[Row | RejectedError]:
        """Return one outcome per item, in order; wait while the model is down.

        A refused batch is halved until the refused item is alone, so the other items get their rows. Raises
        IntegrityError when the model's answers are wrong, RetryableError when it is down and retired.
        """
        try:
            answer = await self._persist(self._pad(items))
        except RejectedError as error:
            if len(items) == 1:
                self._metrics.refusals.inc()
                return [error]
            middle = len(items) // 2
            return [*await self(items[:middle]), *await self(items[middle:])]
        return self._rows(answer)

    async def _persist(self, inputs: Arrays) -> Arrays:
        """Return the model's answer; repeat the call while the model is down."""
        while True:
            try:
                answer = await self._ask(inputs)
                if answer is not None and not _finite_rows(answer).all():
                    answer = await self._ask_again(inputs)
            except RejectedError:
                self._note_back()
                raise
            if answer is not None:
                self._note_back()
                return answer
            if self._retired:
                raise RetryableError(f"{self._target.model} {self._target.version} has had its day")

    async def _ask_again(self, inputs: Arrays) -> Arrays | None:
        """Ask again after NaN; None while the model is down.

        Raises IntegrityError when the canary has NaN too: then the model is at fault, not a row.
        """
        return await self._ask(inputs) if await self._is_well() else None

    async def _ask(self, inputs: Arrays) -> Arrays | None:
        """Return the answer; None when the call fails and the canary fails too."""
        # A new one a call: it keeps state, and several batches are under way.
        retrying = AsyncRetrying(
            retry=_WHILE_AWAY,
            wait=_BACK_OFF,
            stop=self._is_over,
            before_sleep=self._note_away,
            sleep=asyncio.sleep,
            reraise=True,
        )
        try:
            answer: Arrays = await retrying(self._attempt, inputs)
        except BatchFailedError:
            return await self._decide(inputs)
        return answer

    async def _decide(self, inputs: Arrays) -> Arrays | None:
        if not await self._is_well():
            return None
        try:
            # Once more, as the model may have recovered just now.
            return await self._attempt(inputs)
        except BatchFailedError as error:
            raise RejectedError(Reason.MODEL_FAILED, str(error)) from error
        except RetryableError:
            return None

    async def _is_well(self) -> bool:
        try:
            await self._server.canary(self._target.model, self._target.version)
        except (RetryableError, RejectedError):
            return False
        return True

    async def _attempt(self, inputs: Arrays) -> Arrays:
        target = self._target
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        answer = await self._server.infer(target.model, target.version, inputs, target.outputs)
        self._metrics.infer.observe(loop.time() - started_s)
        return answer

    def _is_over(self, state: RetryCallState) -> bool:
        return self._retired or _is_in_doubt(state)

    def _note_back(self) -> None:
        if self._waiting_since_s is not None:
            log.info("model_back", model=self._target.model)
            self._waiting_since_s = None

    def _note_away(self, state: RetryCallState) -> None:
        self._metrics.retries.inc()
        if self._waiting_since_s is None:
            self._waiting_since_s = asyncio.get_running_loop().time()
            error = state.outcome.exception() if state.outcome else None
            log.warning("model_away", model=self._target.model, error=str(error))

    def _rows(self, answer: Arrays) -> list[Row | RejectedError]:
        return [
            {name: array[index] for name, array in answer.items()} if is_finite else self._not_finite()
            for index, is_finite in enumerate(_finite_rows(answer).tolist())
        ]

    def _not_finite(self) -> RejectedError:
        self._metrics.refusals.inc()
        return RejectedError(
            Reason.MODEL_OUTPUT_NOT_FINITE, f"{self._target.model} answered with NaN or infinity"
        )


def _finite_rows(answer: Arrays) -> NDArray[np.bool_]:
    """Return whether all numbers of each row are finite."""
    row_count = len(next(iter(answer.values())))
    finite = np.ones(row_count, dtype=np.bool_)
    for array in answer.values():
        if array.dtype.kind == "f":
            finite &= np.isfinite(array).reshape(row_count, -1).all(axis=1)
    return finite


def _is_in_doubt(state: RetryCallState) -> bool:
    return (
        state.attempt_number >= _DOUBTED_ATTEMPTS
        and state.outcome is not None
        and isinstance(state.outcome.exception(), BatchFailedError)
    )
