"""Command of a training: resumes or starts it, exports the model and prints its figures."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from training.console import console, plain_endings
from training.fitting.states import forget_states, states_folder
from training.jobs.registry import model_names, recipe_of
from training.request import TrainingRequest

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def train(
    model: Annotated[str, typer.Argument(help=f"One of: {', '.join(model_names())}.")],
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    out: Annotated[Path, typer.Option(help="The model repository to write into.")] = Path("triton_models"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Another BERT encoder: hub name or folder.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Train so many times; the card tells the range.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an interrupted training.")] = False,
    relabel: Annotated[
        bool, typer.Option("--relabel", help="Accept other labels, or another order.")
    ] = False,
) -> None:
    """Train MODEL and write its folder; show its figures.

    After Ctrl-C the same command goes on from the last whole epoch, and comes to the same result.

    \b
    python -m training digit --data DIR
    python -m training support_intent --data DIR --seeds 3 --out /tmp/trial
    """  # noqa: D301 - \b is click's mark for lines to keep
    states = states_folder(out, model)
    with plain_endings(lambda: _how_to_go_on(states)):
        recipe = recipe_of(model)
        request = TrainingRequest(
            model=model,
            data=data,
            out=out,
            encoder=encoder,
            recipe=replace(recipe, epochs=epochs or recipe.epochs),
            relabel=relabel,
        )
        if fresh:
            forget_states(states)
        card = request.carried_out(seeds)
        forget_states(states)
        console.print(json.dumps(card.as_json()["metrics"], indent=1))


def _how_to_go_on(states: Path) -> str:
    if states.exists():
        return "interrupted; the same command goes on after the last whole epoch"
    return "interrupted before an epoch was over; the same command begins anew"
