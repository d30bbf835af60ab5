"""One way to teach an encoder, and the page that compares several."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.jobs.job import Job
from training.scoring.speed import processor
from training.studies.page import paragraph, table


@dataclass(frozen=True, slots=True)
class About:
    """What a reader must know of a way."""

    name: str
    how: str
    good_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What came of one way; accuracies in percent."""

    about: About
    labelled_rows: int
    trained_count: int
    """Numbers that learned; `share` of all that the served model has."""

    share: float
    trained_s: float
    held_back: float
    accuracy: float
    """On the official test rows, asked once."""

    draws: tuple[float, ...] = ()
    """Test accuracy of each draw of the examples, where `accuracy` is their mean."""


def page(ways: Sequence[Way], job: Job) -> list[str]:
    """Return the parts of a page that compares them."""
    return [
        "# Ways to fine-tune",
        paragraph(
            "Written by `python -m training.studies.ways --data DIR`, not by hand; the figures lie in",
            "`benchmarks/results/fine_tuning.json` too.",
        ),
        paragraph(
            f"One encoder (MiniLM, {_parameter_count(job):,} parameters with its head), one tokenizer,",
            f"one run, and the same rows of banking77: {len(job.train):,} to train, {len(job.valid):,} held",
            f"back for every choice, and {len(job.test):,} official test rows. Seed {job.recipe.seed},",
            f"{processor()}. Full and LoRA: {_schedule(job)}.",
        ),
        table(
            ("way", "labelled rows", "parameters trained", "seconds", "held back, %", "test, %"),
            [_cells(way) for way in ways],
        ),
        table(
            ("way", "how", "good for"),
            [(way.about.name, way.about.how, way.about.good_for) for way in ways],
        ),
    ]


def _cells(way: Way) -> tuple[str, ...]:
    trained = f"{way.trained_count:,} ({100.0 * way.share:.2f} %)" if way.trained_count else "none"
    drawn = f" ({', '.join(f'{each:.2f}' for each in way.draws)})" if way.draws else ""
    return (
        way.about.name,
        f"{way.labelled_rows:,}",
        trained,
        f"{way.trained_s:.0f}",
        f"{way.held_back:.2f}",
        f"{way.accuracy:.2f}{drawn}",
    )


def _schedule(job: Job) -> str:
    recipe = job.recipe
    extras = {
        "R-Drop": recipe.consistency,
        "pushed words": recipe.adversarial,
        "averaged weights": recipe.weight_averaging,
    }
    used = "".join(f", {name} {value:g}" for name, value in extras.items() if value)
    return f"{recipe.epochs} epochs of {recipe.batch_size} rows a step{used}"


def _parameter_count(job: Job) -> int:
    return sum(weight.numel() for weight in job.net.parameters())
