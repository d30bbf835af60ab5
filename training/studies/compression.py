"""`python -m training.studies.compression --data DIR`: compares ways to compress support_intent."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from training.console import plain_endings
from training.scoring.speed import processor
from training.studies.compression_page import Setting, goals_of, image, page
from training.studies.kept import Kept, Work
from training.studies.measure import Measured, measured
from training.studies.networks import Networks
from training.studies.start import job_for
from training.studies.variants import variants_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def study(
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of the teacher; the recipe's if not said.")
    ] = None,
    work: Work = None,
    out: Annotated[Path, typer.Option(help="The repository to write docs/ and benchmarks/ of.")] = Path(),
) -> None:
    """Make the files, measure them side by side, and write docs/compression.md."""
    with plain_endings():
        job = job_for("support_intent", data, epochs=epochs)
        rows = measured(variants_of(Networks(job, data, Kept.of(job, work))))
    setting = Setting(
        command="python -m training.studies.compression --data DIR"
        + (f" --epochs {epochs}" if epochs else ""),
        rows=len(job.test),
        epochs=job.recipe.epochs,
        seed=job.recipe.seed,
        processor=processor(),
        onnxruntime=version("onnxruntime"),
    )
    _write(out, rows, setting)


def _write(out: Path, rows: Sequence[Measured], setting: Setting) -> None:
    goals = [{**asdict(goal), "verdict": goal.verdict} for goal in goals_of(rows)]
    content = {"setting": asdict(setting), "files": [asdict(row) for row in rows], "goals": goals}
    docs, results = out / "docs", out / "benchmarks" / "results"
    for folder in (docs, results):
        folder.mkdir(parents=True, exist_ok=True)
    (docs / "compression.md").write_text(page(rows, setting), encoding="utf-8")
    (docs / "compression.svg").write_text(image(rows), encoding="utf-8")
    (results / "compression.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    app()
