"""`python -m training.studies.refusal --data DIR`: compares scores that tell out-of-scope questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from evaluation.datasets import assistant_questions
from evaluation.metrics import auroc, energy, softmax
from shared.errors import ConfigError
from shared.inference.prototypes import prototype
from training.console import plain_endings
from training.jobs.job import Job
from training.jobs.registry import job_of
from training.rows.examples import Examples
from training.scoring.evaluate import logits_of, percent
from training.studies.answers import Rows
from training.studies.page import table
from training.studies.vectors import encoder_of

_MODEL = "clinc_intent"
_KEPT = 0.95
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Scores = Mapping[str, NDArray[np.float64]]
"""By the name of the score, float64 [rows]; high means known."""


@dataclass(frozen=True, slots=True)
class Told:
    """How well one score separates known rows from foreign ones; percent."""

    score: str
    auroc: float
    kept: float
    caught: float


@app.command()
def refusal(
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    repository: Annotated[Path, typer.Option(help="Where clinc_intent was trained into.")] = Path(
        "triton_models"
    ),
) -> None:
    """Choose a score on the validation rows; print it there, and the chosen one on the test rows.

    \b
    python -m training clinc_intent --data DIR --out models
    python -m training.studies.refusal --data DIR --repository models
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings():
        job = job_of(_MODEL, data)
        weights = _weights_in(repository)
        rows = assistant_questions(data)
    middles = class_middles(logits_of(weights, job.train)["pooled"], job.train.targets["logits"])

    def scores(known: Examples) -> Scores:
        return scores_of(logits_of(weights, known), middles)

    own, foreign = scores(job.valid), scores(_encoded(job, rows.outside_valid))
    limits = {name: float(np.quantile(values, 1.0 - _KEPT)) for name, values in own.items()}
    found = [told(name, own, foreign, limit=limits[name]) for name in own]
    best = max(found, key=lambda each: each.caught).score
    tested = told(best, scores(job.test), scores(_encoded(job, rows.outside_test)), limit=limits[best])
    typer.echo(page(found, tested))


def class_middles(pooled: Rows, labels: NDArray[np.int64]) -> Rows:
    """Return the mean direction of each label's vectors, float32 [labels, width]."""
    return np.stack([prototype(pooled[labels == label]) for label in np.unique(labels)])


def scores_of(answers: Mapping[str, Rows], middles: Rows) -> Scores:
    """Return all scores of some rows from the model's answers to them.

    Energy: Liu et al. 2020. Highest logit: Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection".
    """
    logits = answers["logits"]
    return {
        "energy": energy(logits),
        "highest logit": logits.max(1).astype(np.float64),
        "confidence": softmax(logits).max(1),
        "cosine to the nearest intent": (answers["pooled"] @ middles.T).max(1).astype(np.float64),
    }


def told(score: str, own: Scores, foreign: Scores, *, limit: float) -> Told:
    """Return the effect of refusing every row that scores below `limit`."""
    return Told(
        score=score,
        auroc=percent(auroc(own[score], foreign[score])),
        kept=percent(float((own[score] >= limit).mean())),
        caught=percent(float((foreign[score] < limit).mean())),
    )


def page(found: Sequence[Told], tested: Told) -> str:
    """Return both tables as Markdown."""
    columns = ("score", "AUROC, %", "kept, %", "foreign refused, %")
    return "\n\n".join(
        (
            "Validation rows, by which the score and its limit are chosen:",
            table(columns, [_cells(each) for each in found]),
            "Test rows, at the same limit:",
            table(columns, [_cells(tested)]),
        )
    )


def _cells(each: Told) -> tuple[str, ...]:
    return each.score, f"{each.auroc:.2f}", f"{each.kept:.2f}", f"{each.caught:.2f}"


def _weights_in(repository: Path) -> Path:
    path = repository / _MODEL / "1" / "model.onnx"
    if not path.is_file():
        raise ConfigError(f"{path} is not there; run `python -m training {_MODEL} --data DIR` first")
    return path


def _encoded(job: Job, texts: Sequence[str]) -> Examples:
    return Examples(encoder_of(job).encode_batch(texts), {})


if __name__ == "__main__":
    app()
