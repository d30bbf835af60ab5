"""Training request: one model, with the recipe's seed and with others."""

from dataclasses import dataclass, replace
from pathlib import Path

from training.cards.content import Card, Run
from training.console import console
from training.export import VERSION, refuse_other_versions, trial_card, write_model
from training.fitting.runs import last_training_s, trained
from training.fitting.states import StateFile, forget_state, state_file, states_folder
from training.jobs.job import Job
from training.jobs.registry import job_of, recipe_of
from training.recipes import Recipe
from training.rows.labels import refuse_reordered_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """Model, recipe, rows and target folder of a training."""

    model: str
    data: Path
    out: Path
    recipe: Recipe
    encoder: str | None = None
    relabel: bool = False
    """Whether labels may differ from those of the existing model, or come in another order."""

    def carried_out(self, seed_count: int) -> Card:
        """Train with the recipe's seed, after the other seeds; write the model and return its card.

        Raises ConfigError when that would delete other versions of the model.
        """
        refuse_other_versions(self.out, self.model)
        others = [self.figures_with(self.recipe.seed + number) for number in range(1, seed_count)]
        job, state = self._prepared(self.recipe.seed)
        return write_model(job, self.out, self._trained(job, state), others=others)

    def figures_with(self, seed: int) -> dict[str, float]:
        """Return each figure of a training with another seed, in percent; no model is written."""
        job, state = self._prepared(seed)
        figures = state.figures()
        if figures is None:
            card = trial_card(job, self._trained(job, state))
            figures = {figure.metric: figure.value for figure in card.metrics}
            state.finish(figures)
        return figures

    def forget(self, seed: int) -> None:
        """Delete the state of a training with another seed."""
        forget_state(states_folder(self.out, self.model), seed)

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
        run = trained(job, state, last_s=last_s, console=console)
        own = recipe_of(self.model).epochs
        return replace(
            run, epochs=None if self.recipe.epochs == own else self.recipe.epochs, encoder=self.encoder
        )
