"""The search for better numbers, on a job that a test can afford."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("optuna", reason="the training extra is not installed")

import optuna  # noqa: E402 -- from here on only with the extra

from tests.integration.training.tiny import tiny_job  # noqa: E402
from training.recipes import Recipe  # noqa: E402
from training.studies.search import app, done_count, objective_for, study_in, tried_recipe  # noqa: E402

RECIPE = Recipe(epochs=2, batch_size=10, learning_rate=1e-3, head_learning_rate=1e-2)


pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_search_goes_on_where_it_was_stopped_and_draws_other_numbers(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    study_in(tmp_path, job).optimize(objective_for(job), n_trials=1)

    again = study_in(tmp_path, job)
    again.optimize(objective_for(job), n_trials=1)

    rates = [trial.params["learning_rate"] for trial in again.trials]
    assert done_count(again) == 2
    assert len(set(rates)) == 2


def test_trials_on_other_rows_or_with_other_epochs_are_not_counted_in(tmp_path: Path) -> None:
    job = tiny_job(rows=10)
    study_in(tmp_path, job).optimize(objective_for(job), n_trials=1)

    others = [
        replace(job, train=job.valid),
        replace(job, recipe=replace(job.recipe, epochs=3)),
    ]

    assert [done_count(study_in(tmp_path, other)) for other in [job, *others]] == [1, 0, 0]


def test_a_trial_below_the_median_of_the_others_is_stopped_early(tmp_path: Path) -> None:
    study = study_in(tmp_path, tiny_job())
    study.sampler = optuna.samplers.RandomSampler(seed=1)
    accuracies = iter([90.0, 91.0, 92.0, 93.0, 10.0])

    def objective(trial: optuna.Trial) -> float:
        accuracy = next(accuracies)
        trial.report(accuracy, 1)
        if trial.should_prune():
            raise optuna.TrialPruned
        return accuracy

    study.optimize(objective, n_trials=5)

    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 4 + ["PRUNED"]
    assert study.best_value == 93.0


def test_a_recipe_takes_the_numbers_of_a_trial_and_keeps_the_others() -> None:
    drawn = {
        "learning_rate": 0.00123456,
        "head_learning_rate": 0.01,
        "weight_decay": 0.02,
        "label_smoothing": 0.1,
    }

    tried = tried_recipe(optuna.trial.FixedTrial(drawn), RECIPE)

    assert (tried.learning_rate, tried.weight_decay, tried.label_smoothing) == (0.00123, 0.02, 0.1)
    assert (tried.epochs, tried.batch_size) == (2, 10)


@pytest.mark.parametrize("arguments", [["nothing"], ["identity"], ["digit", "--data", "/nowhere"]])
def test_what_can_not_be_searched_ends_with_one_line_and_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 2
    assert "Traceback" not in result.output
