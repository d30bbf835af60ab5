"""Start of a study: its job, and its trainings with progress lines."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from training.console import console
from training.fitting.progress import Step
from training.jobs.job import Job
from training.jobs.registry import job_of, recipe_of

_STEPS_A_LINE = 100


def job_for(model: str, data: Path, *, epochs: int | None) -> Job:
    """Return the job of a model, with another number of epochs when given.

    Raises ConfigError for an unknown model or an unreadable data set.
    """
    recipe = recipe_of(model)
    return job_of(model, data, recipe=replace(recipe, epochs=epochs or recipe.epochs))


def carried_out(name: str, steps: Iterable[Step]) -> None:
    """Run a training to its end; print every hundredth step."""
    for step in steps:
        if step.number % _STEPS_A_LINE == 0:
            console.print(f"{name}, step {step.number} of {step.count}: loss {step.loss:.3f}")
