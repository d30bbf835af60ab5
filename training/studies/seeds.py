"""`python -m training.studies.seeds MODEL --data DIR`: figures of trainings with other seeds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from shared.errors import ConfigError
from shared.repository.bundle import load_bundle
from training.card import carded_on
from training.cards.content import Card
from training.cards.page import write_card
from training.console import console, plain_endings
from training.export import VERSION
from training.jobs.registry import recipe_of
from training.recipes import Recipe
from training.request import TrainingRequest

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def seeds(
    model: Annotated[str, typer.Argument(help="The name of a trained model.")],
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    repository: Annotated[Path, typer.Option(help="Where the model is.")] = Path("triton_models"),
    count: Annotated[int, typer.Option("--seeds", min=2, help="So many in all, with those of the card.")] = 3,
) -> None:
    """Train MODEL with the seeds that its card lacks, and tell the range there; the model stays as it is.

    After each seed the card is written, and the same command goes on from there.

    \b
    python -m training.studies.seeds digit --data DIR
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings(lambda: "interrupted; the same command goes on after the last whole epoch"):
        bundle = load_bundle(repository, model, VERSION)
        card = carded_on(data, bundle)
        request = TrainingRequest(
            model=model, data=data, out=repository, recipe=_recipe_behind(card), encoder=card.run.encoder
        )
        others = card.run.other_seeds
        for number in range(len(others) + 1, count):
            others = [*others, request.figures_with(request.recipe.seed + number)]
            card = card.with_seeds(others)
            write_card(card, bundle.folder)
            request.forget(request.recipe.seed + number)
        console.print(json.dumps(card.as_json()["run"]["seeds"], indent=1))


def _recipe_behind(card: Card) -> Recipe:
    """Return the recipe that a model was trained with.

    Raises ConfigError when its card does not name it, or the recipe has changed since.
    """
    if not card.run.curve or card.run.seed is None:
        raise ConfigError(f"the card of {card.model} tells of no training: there is nothing to repeat")
    recipe = recipe_of(card.model)
    recipe = replace(recipe, epochs=card.run.epochs or recipe.epochs, seed=card.run.seed)
    if recipe.patience is None and len(card.run.curve) != recipe.epochs:
        raise ConfigError(
            f"{card.model} was trained for {len(card.run.curve)} epochs, its recipe says {recipe.epochs}: "
            "train it by the recipe of today, with --seeds"
        )
    return recipe


if __name__ == "__main__":
    app()
