"""Events asked of the models of their stream: the answers to one event, or its refusal."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import RejectedError
from shared.events import DecisionRecord, Event
from shared.inference.batcher import Row
from shared.repository.bundle import ModelBundle
from shared.serving.predictor import ModelAnswer, Predictor
from shared.serving.streams import AnyTask, StreamTasks


@dataclass(frozen=True, slots=True)
class Question:
    """An event to ask about, and the trace that it belongs to."""

    event: Event
    trace_id: str


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """Answer of one model to one event."""

    task: AnyTask
    bundle: ModelBundle
    row: Row
    decision: DecisionRecord

    def result(self, event: Event) -> Event:
        """Return the result event of the event, or of the result of the task before."""
        return self.task.result(event, self.row, self.bundle, self.decision)


Answers = tuple[TaskAnswer, ...]
"""Answers of all models to one event, in the order of the tasks."""


class Asker:
    """Sends each event to its models. Knows no broker and no server."""

    def __init__(self, stream: StreamTasks, predictors: Mapping[str, Predictor[Any, Any]]) -> None:
        self._stream = stream
        self._predictors = predictors

    async def ask(self, questions: Sequence[Question]) -> list[Answers | RejectedError]:
        """Return the answers of its models, or one refusal, for each question, in order.

        Raises KeyError when a model is not open, and the errors of a predictor.
        """
        started_s = asyncio.get_running_loop().time()
        outcomes: dict[int, Answers | RejectedError] = {}
        groups: dict[tuple[AnyTask, ...], list[int]] = {}
        for index, question in enumerate(questions):
            try:
                groups.setdefault(self._stream.of(question.event), []).append(index)
            except RejectedError as refusal:
                outcomes[index] = refusal
        asking = (
            self._ask(tasks, [questions[index] for index in group], started_s)
            for tasks, group in groups.items()
        )
        for group, answered in zip(groups.values(), await asyncio.gather(*asking), strict=True):
            outcomes |= zip(group, answered, strict=True)
        return [outcomes[index] for index in range(len(questions))]

    async def _ask(
        self, tasks: tuple[AnyTask, ...], questions: Sequence[Question], started_s: float
    ) -> list[Answers | RejectedError]:
        """Return the answers to events that go to the same models."""
        # Looked up once: another version may take over while these answer, and must not be named for it.
        predictors = [self._predictors[task.model] for task in tasks]
        answers = await asyncio.gather(
            *(
                predictor.predict([task.raw(question.event) for question in questions])
                for task, predictor in zip(tasks, predictors, strict=True)
            )
        )
        total_ms = (asyncio.get_running_loop().time() - started_s) * 1000
        bundles = [predictor.bundle for predictor in predictors]
        return [
            _outcome(question.trace_id, list(zip(tasks, bundles, said, strict=True)), total_ms)
            for question, said in zip(questions, zip(*answers, strict=True), strict=True)
        ]


def result_of(event: Event, answers: Answers) -> Event:
    """Return the result event of an event: the first answer makes it, the others add to it."""
    result = event
    for answer in answers:
        result = answer.result(result)
    return result


def _outcome(
    trace_id: str, said: Sequence[tuple[AnyTask, ModelBundle, ModelAnswer | RejectedError]], total_ms: float
) -> Answers | RejectedError:
    """Return the answers of all models to one event, or the refusal of one of them."""
    answers = []
    for task, bundle, answer in said:
        if isinstance(answer, RejectedError):
            return answer
        decision = _decision(task, answer, bundle=bundle, total_ms=total_ms, trace_id=trace_id)
        answers.append(TaskAnswer(task, bundle, answer.row, decision))
    return tuple(answers)


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
