"""`python -m training.studies.fine_tuning --data DIR`: five fine-tuning methods on the same rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from training.console import plain_endings
from training.jobs.job import Job
from training.studies.fine_tuning_page import MethodResult, page
from training.studies.frozen import few_shot, frozen, vectors_of, zero_shot
from training.studies.gradients import full, lora
from training.studies.kept import Kept, Work
from training.studies.page import write_page, write_text
from training.studies.start import job_for

_MODEL = "support_intent"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def compare(
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    work: Work = None,
    out: Annotated[Path, typer.Option(help="Where docs/ and benchmarks/results/ are.")] = Path(),
) -> None:
    """Measure each method on the same rows, test rows once, and write the table.

    \b
    python -m training.studies.fine_tuning --data DIR --epochs 4
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings():
        job = job_for(_MODEL, data, epochs=epochs)
        found = measured(job, Kept.of(job, work))
    write_page(out / "docs" / "fine_tuning.md", *page(found, job))
    figures = json.dumps([asdict(result) for result in found], indent=1)
    write_text(out / "benchmarks" / "results" / "fine_tuning.json", figures + "\n")


def measured(job: Job, kept: Kept) -> Sequence[MethodResult]:
    """Return all five methods, the most laborious first."""
    vectors = vectors_of(job)
    learned = [method(job, kept) for method in (full, lora)]
    return learned + [method(job, vectors) for method in (frozen, few_shot, zero_shot)]


if __name__ == "__main__":
    app()
