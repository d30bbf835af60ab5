"""Input events -> models -> analyzed events, one result for each input."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.bus.port import Outcome
from shared.bus.received import Received
from shared.errors import RejectedError
from shared.events import DecisionRecord, Event
from shared.repository.bundle import ModelBundle
from shared.serving.predictor import ModelAnswer, Predictor
from shared.serving.streams import AnyTask, StreamTasks


@dataclass(frozen=True, slots=True)
class _Asked:
    """An event on its way to its models."""

    index: int
    event: Event
    trace_id: str
    tasks: tuple[AnyTask, ...]


class InferenceHandler:
    """Sends each event to its models and returns their results. Knows no broker and no server."""

    def __init__(self, stream: StreamTasks, predictors: Mapping[str, Predictor[Any, Any]]) -> None:
        self._stream = stream
        self._predictors = predictors

    async def handle(self, received: Sequence[Received[Event]]) -> list[Outcome]:
        """Return one analyzed event, or one refusal, for each event."""
        started_s = asyncio.get_running_loop().time()
        outcomes: dict[int, Outcome] = {}
        groups: dict[tuple[AnyTask, ...], list[_Asked]] = {}
        for index, each in enumerate(received):
            asked = self._asked(index, each)
            if isinstance(asked, RejectedError):
                outcomes[index] = asked
            else:
                groups.setdefault(asked.tasks, []).append(asked)
        for answered in await asyncio.gather(*(self._ask(group, started_s) for group in groups.values())):
            outcomes |= answered
        return [outcomes[index] for index in range(len(received))]

    def _asked(self, index: int, received: Received[Event]) -> _Asked | RejectedError:
        try:
            return _Asked(index, received.event, received.trace.id, self._stream.of(received.event))
        except RejectedError as refusal:
            return refusal

    async def _ask(self, group: Sequence[_Asked], started_s: float) -> dict[int, Outcome]:
        """Return the outcomes of the events that go to the same models."""
        tasks = group[0].tasks
        # Looked up once: another version may take over while these answer, and must not be named for it.
        predictors = [self._predictors[task.model] for task in tasks]
        answers = await asyncio.gather(
            *(
                predictor.predict([task.raw(asked.event) for asked in group])
                for task, predictor in zip(tasks, predictors, strict=True)
            )
        )
        total_ms = (asyncio.get_running_loop().time() - started_s) * 1000
        bundles = [predictor.bundle for predictor in predictors]
        return {
            asked.index: _outcome(asked, list(zip(tasks, bundles, said, strict=True)), total_ms)
            for asked, said in zip(group, zip(*answers, strict=True), strict=True)
        }


def _outcome(
    asked: _Asked,
    answers: Sequence[tuple[AnyTask, ModelBundle, ModelAnswer | RejectedError]],
    total_ms: float,
) -> Outcome:
    """Return one event with the results of all models, or the refusal of one of them."""
    result = asked.event
    for task, bundle, answer in answers:
        if isinstance(answer, RejectedError):
            return answer
        decision = _decision(task, answer, bundle=bundle, total_ms=total_ms, trace_id=asked.trace_id)
        result = task.result(result, answer.row, bundle, decision)
    return [result]


def _decision(
    task: AnyTask, answer: ModelAnswer, *, bundle: ModelBundle, total_ms: float, trace_id: str
) -> DecisionRecord:
    return DecisionRecord(
        model=bundle.model,
        model_version=bundle.version,
        preprocessing_hash=bundle.preprocessing_hash,
        cached=answer.cached,
        queue_ms=round(answer.queue_ms, 3),
        infer_ms=round(answer.infer_ms, 3),
        total_ms=round(total_ms, 3),
        trace_id=trace_id,
        out_of_scope=task.out_of_scope(answer.row, bundle),
    )
