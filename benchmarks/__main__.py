"""`python -m benchmarks [NAME...]`: how fast, how large, how soon; each figure beside its goal."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import (
    accepting,
    answer_time,
    backlog,
    broken_cache,
    delivery,
    direct,
    first_result,
    identity,
    limit,
    memory,
    open_pages,
    overload,
    padding,
    soak,
    stateful,
)
from benchmarks.bench import Bench, Question
from benchmarks.machine import machine
from benchmarks.measure import Measure
from benchmarks.report import keep, table
from benchmarks.texts import real_texts, sample_texts
from deploy.local.keeper import PartLostError
from deploy.local.paths import MODELS
from shared.errors import TidemillError
from shared.process.exit_code import ExitCode

QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "padding": padding.measure,
        "limit": limit.measure,
        "identity": identity.measure,
        "delivery": delivery.measure,
        "stateful": stateful.measure,
        "broken_cache": broken_cache.measure,
        "memory": memory.measure,
        "backlog": backlog.measure,
        "accepting": accepting.measure,
        "direct": direct.measure,
        "answer_time": answer_time.measure,
        "first_result": first_result.measure,
        "open_pages": open_pages.measure,
        "overload": overload.measure,
        "soak": soak.measure,
    }
)
console = Console(highlight=False)


def run(
    names: Annotated[list[str] | None, typer.Argument(help=f"Some of: {', '.join(QUESTIONS)}.")] = None,
    *,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Data sets: real messages and photos instead of samples."),
    ] = None,
    models: Annotated[Path, typer.Option(help="Triton's model repository.")] = MODELS,
    rounds: Annotated[int, typer.Option(min=1, help="Alternating rounds; the median counts.")] = 3,
    minutes: Annotated[float, typer.Option(min=0.5, max=600, help="How long `soak` takes.")] = 30,
) -> None:
    """Run the benchmarks, all or those named; print a table, keep the figures in benchmarks/results.

    The exit code is 0 also when a goal is missed, 2 when something can't run here.

    \b
    python -m benchmarks padding delivery
    python -m benchmarks soak --minutes 60
    """  # noqa: D301 - \b is click's mark for lines to keep
    chosen = names or list(QUESTIONS)
    if unknown := [name for name in chosen if name not in QUESTIONS]:
        console.print(f"benchmarks: no {unknown[0]}; there are {', '.join(QUESTIONS)}", style="red")
        sys.exit(ExitCode.WRONG_USE)
    try:
        measures = asyncio.run(_answers(chosen, _bench(data, models, rounds, minutes)))
    except (TidemillError, PartLostError) as error:
        console.print(f"benchmarks: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(ExitCode.WRONG_USE)
    console.print(table(measures))


def _bench(data: Path | None, models: Path, rounds: int, minutes: float) -> Bench:
    return Bench(
        texts=real_texts(data) if data else sample_texts(),
        texts_from="banking77" if data else "samples with numbers behind",
        models=models.resolve(),
        data=data,
        rounds=rounds,
        minutes=minutes,
        say=lambda line: console.print(line, style="dim", markup=False),
    )


async def _answers(names: list[str], bench: Bench) -> list[Measure]:
    """Return the figures of all questions; those of each question are saved when it is done."""
    measures: list[Measure] = []
    for name in names:
        with console.status(f"{name} ..."):
            here = machine()
            answer = await QUESTIONS[name](bench)
        keep(name, answer, here)
        measures += answer
    return measures


if __name__ == "__main__":
    typer.run(run)
