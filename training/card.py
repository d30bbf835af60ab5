"""`python -m training.card MODEL --data DIR`: measures a trained model again and writes its card."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter
from tokenizers import Tokenizer

from shared.errors import ConfigError
from shared.repository.bundle import ModelBundle, OutputSpec, load_bundle
from shared.repository.manifest import manifest
from training.cards.content import Card, Run
from training.cards.page import write_card
from training.console import console, plain_endings
from training.jobs.job import Job
from training.jobs.registry import job_of
from training.scoring.evaluate import (
    Report,
    Rounding,
    logits_of,
    reports,
    with_out_of_scope,
    with_respelled,
    with_rounding,
)
from training.scoring.speed import speed_of

_RUN: TypeAdapter[Run] = TypeAdapter(Run)
_ROUNDING: TypeAdapter[Rounding | None] = TypeAdapter(Rounding | None)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def make(
    model: Annotated[str, typer.Argument(help="The name of a trained model.")],
    data: Annotated[Path, typer.Option(help="The folder of data sets that docs/data.md describes.")] = Path(),
    repository: Annotated[Path, typer.Option(help="Where the model is.")] = Path("triton_models"),
    version: Annotated[str, typer.Option(help="Which version of it.")] = "1",
) -> None:
    """Measure MODEL as it is and write its card and plots anew; its weights stay as they are.

    \b
    python -m training.card digit --data DIR
    """  # noqa: D301 - \b is click's mark for lines to keep
    with plain_endings(lambda: "interrupted; the card is as it was"):
        bundle = load_bundle(repository, model, version)
        card = carded_on(data, bundle)
        write_card(card, bundle.folder)
        console.print(json.dumps(card.as_json()["metrics"], indent=1))


def card_of(
    job: Job,
    folder: Path,
    outputs: Mapping[str, OutputSpec],
    *,
    run: Run,
    exact: Path | None = None,
) -> Card:
    """Return the card of the model in `folder`, measured on the job's test rows.

    `outputs` hold the temperatures; `exact` is the float file that a rounded one was made from. All files of
    the version except those of the card must exist.
    """
    weights = folder / "model.onnx"
    return Card(
        model=job.model,
        version=folder.name,
        facts=job.facts,
        reports=_reports(job, weights, outputs, exact) if len(job.test) else (),
        size_bytes=weights.stat().st_size,
        sha256=manifest(folder),
        run=run,
        speed=speed_of(weights, job.test) if len(job.test) else None,
    )


def _reports(job: Job, weights: Path, outputs: Mapping[str, OutputSpec], exact: Path | None) -> list[Report]:
    logits = logits_of(weights, job.test)
    found = reports(logits, job.test, outputs)
    if job.respelled:
        said = {how: logits_of(weights, rows) for how, rows in job.respelled.items()}
        found = [
            with_respelled(
                report,
                outputs[report.output],
                said={how: answers[report.output] for how, answers in said.items()},
                right={how: rows.targets[report.output] for how, rows in job.respelled.items()},
            )
            for report in found
        ]
    if job.outside is not None:
        foreign = logits_of(weights, job.outside)
        found = [
            with_out_of_scope(
                report,
                inside=logits[report.output],
                outside=foreign[report.output],
                scope=outputs[report.output].scope,
            )
            for report in found
        ]
    if exact is None:
        return found
    before = logits_of(exact, job.test)
    return [
        with_rounding(
            report,
            exact=before[report.output],
            rounded=logits[report.output],
            target=job.test.targets[report.output],
        )
        for report in found
    ]


def carded_again(job: Job, bundle: ModelBundle) -> Card:
    """Return a new card of a model in its repository; facts that only its training knew are kept.

    Raises ConfigError when the rows of today do not fit the model: train it again.
    """
    old = _old_content(bundle.folder)
    _refuse_other_rows(bundle, job)
    card = card_of(job, bundle.folder, bundle.outputs, run=_RUN.validate_python(old["run"]))
    roundings = {
        report["output"]: _ROUNDING.validate_python(report["rounding"]) for report in old.get("reports", ())
    }
    kept = [replace(report, rounding=roundings.get(report.output)) for report in card.reports]
    return replace(card, reports=kept)


def carded_on(data: Path, bundle: ModelBundle) -> Card:
    """Return a new card, measured on the rows in `data` with the encoder that the model was trained with."""
    encoder = _RUN.validate_python(_old_content(bundle.folder)["run"]).encoder
    return carded_again(job_of(bundle.model, data, encoder=encoder), bundle)


def _refuse_other_rows(bundle: ModelBundle, job: Job) -> None:
    """Raise ConfigError when the rows of `job` do not fit the model in `bundle`."""
    now = {name: output.labels for name, output in job.spec.outputs.items()}
    then = {name: output.labels for name, output in bundle.outputs.items()}
    # A vocabulary that was learned is numbered by chance, but its model has no rows.
    same_pieces = _piece_ids(job.tokenizer) == _piece_ids(_shipped_tokenizer(bundle))
    if now != then or (len(job.test) and not same_pieces):
        raise ConfigError(
            f"{bundle.folder} was trained with other labels or another tokenizer than --data gives now; "
            f"run `make train MODEL={bundle.model}`"
        )


def _shipped_tokenizer(bundle: ModelBundle) -> Tokenizer | None:
    path = bundle.folder / "tokenizer.json"
    return Tokenizer.from_file(str(path)) if path.is_file() else None


def _piece_ids(tokenizer: Tokenizer | None) -> dict[str, int]:
    return {} if tokenizer is None else tokenizer.get_vocab()


def _old_content(folder: Path) -> dict[str, Any]:
    """Return the content of the current card. Raises ConfigError when it is missing or of other weights."""
    try:
        content: dict[str, Any] = json.loads((folder / "card.json").read_bytes())
        weights = content["sha256"]["model.onnx"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{folder}: no usable card.json ({error}); check the folder out again") from error
    if weights != manifest(folder)["model.onnx"]:
        raise ConfigError(f"{folder}: card.json tells of other weights; check the folder out again")
    return content


if __name__ == "__main__":
    app()
