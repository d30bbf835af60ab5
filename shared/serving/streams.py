"""Tasks of a stream: the models that it asks about each of its events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from shared.catalogue import Service
from shared.errors import RejectedError
from shared.events import Event
from shared.inference.prototypes import IntentsFile
from shared.reasons import Reason
from shared.serving import tasks
from shared.serving.task import Task

AnyTask = Task[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class StreamTasks:
    """The event that a stream reads, and the tasks of its models."""

    reads: type[Event]
    all: tuple[AnyTask, ...]

    def of(self, event: Event) -> tuple[AnyTask, ...]:
        """Return the tasks for one event: the first makes the result, the others add to it.

        Raises RejectedError when no model of the stream takes the event.
        """
        if tasks := tuple(task for task in self.all if task.wanted(event)):
            return tasks
        raise RejectedError(Reason.WRONG_SHAPE, "no model of this stream takes such an event")


def stream_tasks(service: Service, intents: IntentsFile) -> StreamTasks:
    """Return the tasks of the models that the catalogue names for a service."""
    (reads,) = service.inputs
    return StreamTasks(reads, tuple(tasks_of(service.models, intents)))


def task_of(model: str) -> AnyTask:
    """Return the task of a model: `TASK` in the module of `shared.serving.tasks` that has its name."""
    task: AnyTask = import_module(f"{tasks.__name__}.{model}").TASK
    return task


def tasks_of(models: Iterable[str], intents: IntentsFile) -> Iterable[AnyTask]:
    """Yield the tasks of these models, with the intents that the file adds."""
    for task in map(task_of, models):
        yield replace(task, result=task.with_intents(intents)) if task.with_intents else task
