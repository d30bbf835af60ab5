"""The command that trains: takes up what was interrupted, trains, exports, and tells the figures."""

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from transformers.utils import logging as transformers_log

from training.card_content import Card, Run
from training.endings import console, plain_endings
from training.export import VERSION, write_model
from training.job import Job
from training.jobs import job_of, model_names, recipe_of
from training.labels import refuse_reordered_labels
from training.recipes import Recipe
from training.runs import last_training_s, trained
from training.states import StateFile, forget_states, state_file, states_folder

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
    relabel: Annotated[bool, typer.Option("--relabel", help="Accept labels in another order.")] = False,
) -> None:
    """Train MODEL and write its folder; show its figures.

    After Ctrl-C the same command goes on from the last whole epoch, and comes to the same result.

    \b
    python -m training digit --data DIR
    python -m training support_intent --data DIR --seeds 3 --out /tmp/trial
    """  # noqa: D301 - \b is click's mark for lines to keep
    _silence_libraries()
    states = states_folder(out, model)
    with plain_endings(lambda: _how_to_go_on(states)):
        recipe = recipe_of(model)
        plan = _Plan(
            model=model,
            data=data,
            out=out,
            encoder=encoder,
            recipe=replace(recipe, epochs=epochs or recipe.epochs),
            relabel=relabel,
        )
        if fresh:
            forget_states(states)
        card = plan.carried_out(seeds)
        forget_states(states)
        console.print(json.dumps(card.as_json()["metrics"], indent=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    model: str
    data: Path
    out: Path
    encoder: str | None
    recipe: Recipe
    relabel: bool

    def carried_out(self, seed_count: int) -> Card:
        """Return the card of the model that ships; the other seeds are trained first."""
        others = [self._figures(self.recipe.seed + number) for number in range(1, seed_count)]
        job, state = self._prepared(self.recipe.seed)
        return write_model(job, self.out, self._trained(job, state), others=others)

    def _figures(self, seed: int) -> dict[str, float]:
        job, state = self._prepared(seed)
        figures = state.figures()
        if figures is None:
            with TemporaryDirectory() as trial:
                card = write_model(job, Path(trial), self._trained(job, state))
            figures = {figure.metric: figure.value for figure in card.metrics}
            state.finish(figures)
        return figures

    def _prepared(self, seed: int) -> tuple[Job, StateFile]:
        recipe = replace(self.recipe, seed=seed)
        job = job_of(self.model, self.data, recipe=recipe, encoder=self.encoder)
        if not self.relabel:
            refuse_reordered_labels(job, self.out, VERSION)
        return job, state_file(states_folder(self.out, self.model), job)

    def _trained(self, job: Job, state: StateFile) -> Run:
        sizes = f"{len(job.train)} rows to train, {len(job.valid)} held back, {len(job.test)} to test"
        console.print(f"{job.model}: {sizes}; seed {job.recipe.seed}")
        last_s = last_training_s(self.out / job.model / VERSION)
        return trained(job, state, last_s=last_s, console=console)


def _silence_libraries() -> None:
    """Keep away what libraries mutter: it would bury the line that matters."""
    logging.getLogger().addHandler(logging.NullHandler())
    transformers_log.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_log.disable_progress_bar()  # type: ignore[no-untyped-call]


def _how_to_go_on(states: Path) -> str:
    if states.exists():
        return "interrupted; the same command goes on after the last whole epoch"
    return "interrupted before an epoch was over; the same command begins anew"
