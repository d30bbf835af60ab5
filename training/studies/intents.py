"""`python -m training.studies.intents --data DIR`: trains without some intents and adds them back."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from shared.inference.prediction import probabilities
from shared.inference.prototypes import Prototypes, added_intent
from shared.repository.bundle import OutputSpec
from training.console import plain_endings
from training.fitting.train import fit
from training.jobs.job import Job
from training.rows.examples import Examples
from training.scoring.evaluate import calibrated
from training.studies.answers import answers_of, right_percent
from training.studies.kept import FULL, Kept, Work
from training.studies.left_out import LeftOut, without_intents
from training.studies.page import paragraph, table, write_page, write_text
from training.studies.start import job_for

_MODEL = "support_intent"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Gain and cost of intents added by sentences; percent of rows with the right label."""

    added: float
    """Rows of the added intents, classified among all intents."""

    others_before: float
    """Rows of the trained intents before the others were added."""

    others_after: float
    added_count: int
    others_count: int


@app.command()
def intents(
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    count: Annotated[int, typer.Option(min=1, help="So many intents are left out.")] = 10,
    work: Work = None,
    out: Annotated[Path, typer.Option(help="Where docs/ and benchmarks/results/ are.")] = Path(),
) -> None:
    """Train without some intents, add them back by eight sentences each, and write what came of it.

    \b
    python -m training.studies.intents --data DIR --epochs 4
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings():
        left_out = without_intents(job_for(_MODEL, data, epochs=epochs), count)
        job = left_out.job
        steps = partial(fit, job.net, job.train, job.recipe, augment=job.augment)
        Kept.of(job, work).train(FULL, job.net, steps)
    found = {"held back": measured(left_out, left_out.rest), "test": measured(left_out, job.test)}
    write_page(out / "docs" / "added_intents.md", *page(found, left_out, job.recipe.epochs))
    figures = {"intents": left_out.names, **{rows: asdict(each) for rows, each in found.items()}}
    write_text(out / "benchmarks" / "results" / "added_intents.json", json.dumps(figures, indent=1) + "\n")


def measured(left_out: LeftOut, rows: Examples) -> Added:
    """Return the figures of the serving code for added intents on `rows`, labelled with all intents."""
    answers, spec = answers_of(left_out.job.net, rows), _spec(left_out.job)
    known = probabilities(answers["logits"], spec)
    both = prototypes_of(left_out).chances(answers["logits"], answers["pooled"], spec)
    target = left_out.columns[rows.targets["logits"]]
    new = target >= known.shape[1]
    return Added(
        added=right_percent(both[new], target[new]),
        others_before=right_percent(known[~new], target[~new]),
        others_after=right_percent(both[~new], target[~new]),
        added_count=int(new.sum()),
        others_count=int((~new).sum()),
    )


def prototypes_of(left_out: LeftOut) -> Prototypes:
    """Return the left-out intents as `tidemill intents add` makes them from their sentences."""
    columns = left_out.columns[left_out.sentences.targets["logits"]]
    vectors = answers_of(left_out.job.net, left_out.sentences)["pooled"]
    made = zip(left_out.names, np.unique(columns), strict=True)
    return Prototypes([added_intent(name, (), vectors[columns == column]) for name, column in made])


def _spec(job: Job) -> OutputSpec:
    """Return the output's spec as an export would write it."""
    logits, target = answers_of(job.net, job.valid)["logits"], job.valid.targets["logits"]
    share = job.recipe.mislabelled_share
    return calibrated(job.spec.outputs["logits"], logits, target, mislabelled_share=share)


def page(found: Mapping[str, Added], left_out: LeftOut, epochs: int) -> list[str]:
    """Return the parts of the page."""
    count = len(left_out.names)
    return [
        "# Intents added without training",
        paragraph(
            "Written by `python -m training.studies.intents --data DIR`, not by hand.",
            f"support_intent is trained without {count} of its 77 intents ({epochs} epochs). Each of these",
            "is added back by eight training sentences, with the code of `tidemill intents add`. The weight",
            "of an added intent was chosen on held-back rows, so that none of the other intents' rows is",
            "lost: rows of the added intents that are not among the sentences, and rows of the others that",
            "were not used for training. docs/models.md lists the variants that were measured on the",
            "official test rows.",
        ),
        table(
            ("rows", "added intents: rows", "right, %", "other intents: rows", "right before, %", "after, %"),
            [(rows, *_cells(each)) for rows, each in found.items()],
        ),
        paragraph(
            "The left-out intents, drawn by the seed:",
            ", ".join(f"`{name}`" for name in left_out.names) + ".",
        ),
    ]


def _cells(each: Added) -> tuple[str, ...]:
    return (
        f"{each.added_count:,}",
        f"{each.added:.2f}",
        f"{each.others_count:,}",
        f"{each.others_before:.2f}",
        f"{each.others_after:.2f}",
    )


if __name__ == "__main__":
    app()
