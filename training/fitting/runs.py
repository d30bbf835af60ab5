"""Runs a training from its start or from an interruption to its end, with a progress display."""

import json
import math
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.cards.content import Run
from training.fitting.progress import Epoch
from training.fitting.states import StateFile
from training.fitting.train import Training
from training.jobs.job import Job


def trained(job: Job, state: StateFile, *, last_s: float | None, console: Console) -> Run:
    """Train `job.net` to its end, and return the facts of the run.

    `last_s` is the duration of the last training, if known. The state is saved after each epoch.
    """
    if not job.recipe.epochs:
        return Run(trained_s=0.0)
    training = Training(job.net, job.train, job.recipe, augment=job.augment, valid=job.valid)
    kept = state.load()
    if kept is not None:
        training.load_state_dict(kept)
        console.print(f"going on after epoch {len(training.curve)}")
    _finish(training, state, last_s=last_s, console=console)
    return Run(
        trained_s=round(training.trained_s, 1),
        estimated_s=training.estimated_s,
        thread_count=torch.get_num_threads(),
        seed=job.recipe.seed,
        curve=tuple(training.curve),
    )


def _finish(training: Training, state: StateFile, *, last_s: float | None, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_told = training.estimated_s is not None
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("training", total=None)
        for step in training.steps():
            progress.update(bar, completed=step.number, total=step.count, description=f"loss {step.loss:.3f}")
            if training.estimated_s is not None and not is_told:
                is_told = True
                console.print(_estimate(training.estimated_s, last_s))
            if step.epoch is not None:
                state.save(training.state_dict())
                console.print(_result(step.epoch))


def _estimate(seconds: float, last_s: float | None) -> str:
    last = "" if last_s is None else f"; {_minutes(last_s)} the last time, as its card says"
    return f"training takes about {_minutes(seconds)}, by its first steps{last}"


def _minutes(seconds: float) -> str:
    count = math.ceil(seconds / 60.0)
    return "a minute" if count == 1 else f"{count} minutes"


def _result(epoch: Epoch) -> str:
    accuracy = "" if epoch.accuracy is None else f", {epoch.accuracy:.2f} % of the rows held back right"
    return f"epoch {epoch.number}: loss {epoch.loss:.3f}{accuracy}"


def last_training_s(version: Path) -> float | None:
    """Return the seconds that the training of the model in `version` took; None when no card says."""
    try:
        seconds: float = json.loads((version / "card.json").read_bytes())["run"]["trained_s"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return seconds
