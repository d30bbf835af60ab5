"""Results of fine-tuning methods, and the page that compares them."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.jobs.job import Job
from training.scoring.speed import processor
from training.studies.page import paragraph, table


@dataclass(frozen=True, slots=True)
class Method:
    """A way to fine-tune an encoder, as the page describes it."""

    name: str
    how: str
    good_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """Figures of one method; accuracies in percent."""

    method: Method
    labelled_rows: int
    trained_count: int
    """Trained parameters; `share` is their part of all parameters of the served model."""

    share: float
    trained_s: float
    held_back: float
    accuracy: float
    """On the official test rows, which are used once."""

    draws: tuple[float, ...] = ()
    """Test accuracy of each draw of the examples; `accuracy` is their mean."""


def page(results: Sequence[MethodResult], job: Job) -> list[str]:
    """Return the parts of the page."""
    return [
        "# Fine-tuning methods",
        paragraph(
            "Written by `python -m training.studies.fine_tuning --data DIR`, not by hand. The figures are",
            "also in `benchmarks/results/fine_tuning.json`.",
        ),
        paragraph(
            f"One encoder (MiniLM, {_parameter_count(job):,} parameters with its head), one tokenizer,",
            f"one run, and the same rows of banking77: {len(job.train):,} to train, {len(job.valid):,} held",
            f"back for every choice, and {len(job.test):,} official test rows. Seed {job.recipe.seed},",
            f"{processor()}. Full and LoRA: {_schedule(job)}.",
        ),
        table(
            ("method", "labelled rows", "parameters trained", "seconds", "held back, %", "test, %"),
            [_cells(result) for result in results],
        ),
        table(
            ("method", "how", "good for"),
            [(each.method.name, each.method.how, each.method.good_for) for each in results],
        ),
    ]


def _cells(result: MethodResult) -> tuple[str, ...]:
    trained = f"{result.trained_count:,} ({100.0 * result.share:.2f} %)" if result.trained_count else "none"
    drawn = f" ({', '.join(f'{each:.2f}' for each in result.draws)})" if result.draws else ""
    return (
        result.method.name,
        f"{result.labelled_rows:,}",
        trained,
        f"{result.trained_s:.0f}",
        f"{result.held_back:.2f}",
        f"{result.accuracy:.2f}{drawn}",
    )


def _schedule(job: Job) -> str:
    recipe = job.recipe
    extras = {
        "R-Drop": recipe.consistency,
        "adversarial training": recipe.adversarial,
        "averaged weights": recipe.weight_averaging,
    }
    used = "".join(f", {name} {value:g}" for name, value in extras.items() if value)
    return f"{recipe.epochs} epochs of {recipe.batch_size} rows a step{used}"


def _parameter_count(job: Job) -> int:
    return sum(weight.numel() for weight in job.net.parameters())
