"""`python -m training.studies.search MODEL --data DIR`: hyper-parameter search for a recipe, with Optuna."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import optuna
import typer
from optuna.trial import TrialState

from shared.errors import ConfigError
from training.console import console, plain_endings
from training.fitting.train import Training
from training.jobs.job import Job
from training.recipes import Recipe
from training.studies.kept import mark_of
from training.studies.start import job_for

_UNPRUNED_TRIALS = 4
"""Trials before the median of the others stops one."""

_SPREAD = 3.0
"""Factor of the range in which rates are tried, above and below those of the recipe."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def search(
    model: Annotated[str, typer.Argument(help="The name of a model that can be trained.")],
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    trials: Annotated[int, typer.Option(min=1, help="So many in all, with those of earlier runs.")] = 20,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    work: Annotated[Path, typer.Option(help="Where the trials are kept.")] = Path("build/search"),
) -> None:
    """Try other rates on the held-back rows, and print the best recipe; the same command goes on.

    \b
    python -m training.studies.search support_intent --data DIR --trials 20
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings():
        job = _job(model, data, epochs)
    study = study_in(work, job)
    study.optimize(objective_for(job), n_trials=max(0, trials - done_count(study)), callbacks=[_show])
    console.print(f"{done_count(study)} trials, {_count(study, TrialState.PRUNED)} of them stopped early")
    console.print(f"best: {study.best_value:.2f} % of the held-back rows")
    typer.echo(str(tried_recipe(optuna.trial.FixedTrial(study.best_params), job.recipe)))


def _job(model: str, data: Path, epochs: int | None) -> Job:
    job = job_for(model, data, epochs=epochs)
    if not len(job.valid):
        raise ConfigError(f"{model} holds no rows back: there is nothing to choose by")
    return job


def study_in(work: Path, job: Job) -> optuna.Study:
    """Return the trials of this job in the folder, including those of a stopped run.

    A trial stops when its held-back accuracy is below the median of the others at the same epoch.
    """
    work.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{work / job.model}.db",
        # Accuracies on other rows, or after other numbers of epochs, can not be compared.
        study_name=f"{job.model} {mark_of(job)}",
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED_TRIALS),
        load_if_exists=True,
    )
    # A run that goes on must not draw again what the first one drew.
    study.sampler = optuna.samplers.TPESampler(seed=job.recipe.seed + len(study.trials))
    return study


def done_count(study: optuna.Study) -> int:
    """Return the number of finished trials; a trial whose process was killed does not count."""
    return _count(study, TrialState.COMPLETE) + _count(study, TrialState.PRUNED)


def _count(study: optuna.Study, state: TrialState) -> int:
    return len(study.get_trials(deepcopy=False, states=(state,)))


def objective_for(job: Job) -> Callable[[optuna.Trial], float]:
    """Return the objective: trains the job with a trial's numbers, returns held-back accuracy in percent."""

    def objective(trial: optuna.Trial) -> float:
        net, recipe = deepcopy(job.net), tried_recipe(trial, job.recipe)
        accuracy = 0.0
        training = Training(net, job.train, recipe, augment=job.augment, valid=job.valid)
        for epoch in (step.epoch for step in training.steps() if step.epoch is not None):
            accuracy = epoch.accuracy or 0.0
            console.print(f"trial {trial.number}: epoch {epoch.number} of {recipe.epochs}: {accuracy:.2f} %")
            trial.report(accuracy, epoch.number)
            if trial.should_prune():
                raise optuna.TrialPruned
        return accuracy

    return objective


def tried_recipe(trial: optuna.trial.BaseTrial, recipe: Recipe) -> Recipe:
    """Return the recipe with the numbers of a trial."""
    return replace(
        recipe,
        learning_rate=_near(trial, "learning_rate", recipe.learning_rate),
        head_learning_rate=_near(trial, "head_learning_rate", recipe.head_learning_rate),
        weight_decay=_near(trial, "weight_decay", recipe.weight_decay),
        label_smoothing=round(trial.suggest_float("label_smoothing", 0.0, 0.2), 3),
    )


def _near(trial: optuna.trial.BaseTrial, name: str, value: float) -> float:
    drawn = trial.suggest_float(name, value / _SPREAD, value * _SPREAD, log=True)
    return float(f"{drawn:.3g}")


def _show(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    best = f"; best {study.best_value:.2f} %" if _count(study, TrialState.COMPLETE) else ""
    console.print(f"trial {trial.number} {trial.state.name.lower()}: {trial.params}{best}")


if __name__ == "__main__":
    app()
