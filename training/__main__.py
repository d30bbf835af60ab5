"""`python -m training MODEL --data DIR`: one recipe, from a data set to a served model."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shared.errors import ConfigError
from training.card_content import Run
from training.export import write_model
from training.jobs import job_of, model_names
from training.progress import Epoch
from training.train import Training

_EXIT_CONFIG = 2
console = Console(stderr=True)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    model: Annotated[str, typer.Argument(help=f"One of: {', '.join(model_names())}.")],
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    out: Annotated[Path, typer.Option(help="The model repository to write into.")] = Path("triton_models"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Another BERT encoder: hub name or folder.")] = None,
) -> None:
    """Train MODEL and write its folder; show its figures."""
    try:
        job = job_of(model, data, encoder=encoder)
    except ConfigError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(_EXIT_CONFIG) from error
    if epochs is not None:
        job = replace(job, recipe=replace(job.recipe, epochs=epochs))
    sizes = f"{len(job.train)} rows to train, {len(job.valid)} held back, {len(job.test)} to test"
    console.print(f"{model}: {sizes}")
    training = Training(job.net, job.train, job.recipe, augment=job.augment, valid=job.valid)
    trained_s = _finished_s(training)
    run = Run(trained_s=round(trained_s, 1), seed=job.recipe.seed, curve=tuple(training.curve))
    card = write_model(job, out, run)
    console.print(json.dumps(card.as_json()["metrics"], indent=1))


def _finished_s(training: Training) -> float:
    """Train to the end, show how it goes, and return the seconds it took."""
    started_s = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("training", total=None)
        for step in training.steps():
            progress.update(bar, completed=step.number, total=step.count, description=f"loss {step.loss:.3f}")
            if step.epoch is not None:
                console.print(_told(step.epoch), highlight=False)
    return time.monotonic() - started_s


def _told(epoch: Epoch) -> str:
    accuracy = "" if epoch.accuracy is None else f", {epoch.accuracy:.2f} % of the rows held back right"
    return f"epoch {epoch.number}: loss {epoch.loss:.3f}{accuracy}"


if __name__ == "__main__":
    app()
