"""Direct calls: texts or images of one caller go to a model and are answered at once, or not at all."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from services.gateway.direct.analyses import Analyses, Analysis, Answered
from services.gateway.problems import Kind, ProblemError
from services.gateway.settings import DirectSettings
from shared.errors import IntegrityError, RejectedError, RetryableError
from shared.events import Event
from shared.serving.asker import Asker, Question
from shared.serving.models import Models

log = structlog.get_logger()

RETRY_AFTER_S = 2
"""Advice to callers: a restarted Triton is back within seconds."""


class ModelAwayError(ProblemError):
    """The model does not answer, or has never been there."""

    def __init__(self, model: str) -> None:
        super().__init__(
            Kind.MODEL_AWAY,
            f"the model {model} does not answer; try again later",
            reason=model,
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )


class BusyError(ProblemError):
    """As many texts and images as are allowed are being answered."""

    def __init__(self, detail: str) -> None:
        super().__init__(Kind.BUSY, detail, headers={"Retry-After": "1"})


class TooLateError(ProblemError):
    """The model answers others, and this call not in time."""

    def __init__(self, within_s: float) -> None:
        super().__init__(
            Kind.TOO_LATE, f"no answer within {within_s:g} s; send fewer or shorter items, or try again"
        )


class Direct:
    """Answers direct calls, with the tasks, predictors and cache of the streams.

    Batches form among direct calls only: none waits for one of a stream to fill.
    """

    def __init__(self, models: Models, analyses: Analyses, settings: DirectSettings) -> None:
        self.analyses = analyses
        self._models = models
        self._settings = settings
        self._item_count = 0

    def missing(self) -> tuple[str, ...]:
        """Return the models that do not answer now."""
        return tuple(self._models.away_s())

    async def ask(
        self, analysis: Analysis[Answered], inputs: Sequence[Any], *, trace_id: str
    ) -> list[Answered | RejectedError]:
        """Return one answer, or one refusal, for each input, in order.

        Raises ProblemError: ModelAwayError, at once when the model does not answer others either, BusyError,
        or TooLateError when `deadline_s` has passed.
        """
        model = analysis.task.model
        if model in self._models.away_s():
            raise ModelAwayError(model)
        with self._room(len(inputs)):
            try:
                async with asyncio.timeout(self._settings.deadline_s):
                    return await self._answers(analysis, inputs, trace_id)
            except TimeoutError:
                is_away = model in self._models.away_s()
                raise ModelAwayError(model) if is_away else TooLateError(self._settings.deadline_s) from None
            except RetryableError as error:
                raise BusyError(f"{error}; try again") from error
            except IntegrityError as error:
                log.error("model_answers_wrongly", model=model, error=str(error))  # noqa: TRY400 - no bug here
                raise ModelAwayError(model) from error

    async def _answers(
        self, analysis: Analysis[Answered], inputs: Sequence[Any], trace_id: str
    ) -> list[Answered | RejectedError]:
        events = await _events(analysis, inputs)
        good = [event for event in events if not isinstance(event, RejectedError)]
        asker = Asker(analysis.stream, self._models.predictors)
        said = iter(await asker.ask([Question(event, trace_id) for event in good]))
        answers: list[Answered | RejectedError] = []
        for event in events:
            outcome = event if isinstance(event, RejectedError) else next(said)
            if isinstance(outcome, RejectedError):
                answers.append(outcome)
            else:
                answers.append(analysis.answer(event, outcome[0]))
        return answers

    @contextmanager
    def _room(self, item_count: int) -> Iterator[None]:
        if self._item_count + item_count > self._settings.max_items:
            raise BusyError(f"{self._item_count} texts and images are being answered; try again")
        self._item_count += item_count
        try:
            yield
        finally:
            self._item_count -= item_count


async def _events(analysis: Analysis[Any], inputs: Sequence[Any]) -> list[Event | RejectedError]:
    if not analysis.is_large:
        return [_event(analysis, raw) for raw in inputs]
    # 64 large images take 0.3 s, in which the loop would answer nobody.
    return await asyncio.to_thread(lambda: [_event(analysis, raw) for raw in inputs])


def _event(analysis: Analysis[Answered], raw: Any) -> Event | RejectedError:
    try:
        return analysis.event(raw)
    except RejectedError as refused:
        return refused
