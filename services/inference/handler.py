"""Input events -> models -> analyzed events, one result for each input."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.bus.port import Outcome
from shared.bus.record import Outgoing, Record
from shared.errors import RejectedError
from shared.events import DecisionRecord, Event
from shared.events.headers import headers_for, trace_id, trace_of
from shared.events.parse import parse
from shared.repository.bundle import ModelBundle
from shared.serving.predictor import ModelAnswer, Predictor
from shared.serving.streams import AnyTask, StreamTasks

SOURCE = "tidemill/inference"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A record on its way to its models."""

    index: int
    record: Record
    event: Event
    tasks: tuple[AnyTask, ...]


class InferenceHandler:
    """Sends each event to its models and says what came back. Knows no broker and no server."""

    def __init__(self, stream: StreamTasks, predictors: Mapping[str, Predictor[Any, Any]]) -> None:
        self._stream = stream
        self._predictors = predictors

    async def handle(self, records: Sequence[Record]) -> list[Outcome]:
        """Return one analyzed event, or one refusal, a record."""
        started_s = asyncio.get_running_loop().time()
        outcomes: dict[int, Outcome] = {}
        groups: dict[tuple[AnyTask, ...], list[_Asked]] = {}
        for index, record in enumerate(records):
            asked = self._asked(index, record)
            if isinstance(asked, RejectedError):
                outcomes[index] = asked
            else:
                groups.setdefault(asked.tasks, []).append(asked)
        for answered in await asyncio.gather(*(self._ask(group, started_s) for group in groups.values())):
            outcomes |= answered
        return [outcomes[index] for index in range(len(records))]

    def _asked(self, index: int, record: Record) -> _Asked | RejectedError:
        try:
            event = parse(self._stream.reads, key=record.key, value=record.value, headers=record.headers)
            return _Asked(index, record, event, self._stream.of(event))
        except RejectedError as refused:
            return refused

    async def _ask(self, group: Sequence[_Asked], started_s: float) -> dict[int, Outcome]:
        """Return the outcomes of the records that go to the same models."""
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
    """Return what all models said in one event; nothing when one of them refused."""
    result, trace = asked.event, trace_of(asked.record.headers)
    for task, bundle, answer in answers:
        if isinstance(answer, RejectedError):
            return answer
        decision = _decision(task, answer, bundle=bundle, total_ms=total_ms, trace_id=trace_id(trace))
        result = task.result(result, answer.row, bundle, decision)
    headers = headers_for(result, source=SOURCE, trace=trace)
    return [Outgoing(result.name, result.key, result.to_json(), headers)]


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
