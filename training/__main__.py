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
from training.job import Job
from training.jobs import job_of, model_names
from training.train import fit

_EXIT_CONFIG = 2
_STEPS_A_LINE = 100
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
    card = write_model(job, out, Run(trained_s=round(_fitted_s(job), 1), seed=job.recipe.seed))
    console.print(json.dumps(card.as_json()["metrics"], indent=1))


def _fitted_s(job: Job) -> float:
    """Train, show how it goes, and return the seconds it took."""
    started_s = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("training", total=None)
        for step in fit(job.net, job.train, job.recipe, augment=job.augment):
            progress.update(bar, completed=step.number, total=step.count, description=f"loss {step.loss:.3f}")
            if not console.is_terminal and step.number % _STEPS_A_LINE == 0:
                console.print(f"step {step.number} of {step.count}: loss {step.loss:.3f}")
    return time.monotonic() - started_s


if __name__ == "__main__":
    app()
