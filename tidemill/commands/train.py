"""`tidemill train`: one recipe, from rows to a served model."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from shared.errors import ConfigError

NEEDED = ("torch", "transformers", "onnxruntime", "sklearn", "matplotlib")


def command(
    model: Annotated[str, typer.Argument(help="The name of its recipe.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Where the data sets are (docs/data.md).")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Instead of triton_models.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Another BERT encoder: hub name or folder.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Train so often; the card tells the range.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget an interrupted training.")] = False,
    relabel: Annotated[
        bool, typer.Option("--relabel", help="Accept other labels, or another order.")
    ] = False,
) -> None:
    """Train MODEL, export it, try it, and write its folder and card; Ctrl-C keeps what was learned.

    After Ctrl-C the same command goes on from the last whole epoch, and comes to the same result.

    \b
    tidemill train digit --data DIR
    tidemill train support_intent --data DIR --seeds 3 --out /tmp/trial
    """  # noqa: D301 - \b is click's mark for lines to keep
    refuse_without(NEEDED)
    values = {"--data": data, "--out": out, "--epochs": epochs, "--encoder": encoder, "--seeds": seeds}
    flags = {"--fresh": fresh, "--relabel": relabel}
    # Becoming it instead of starting it: Ctrl-C and the exit code are its own, and torch stays out of here.
    command_line = [sys.executable, "-m", "training", model, *_options(values, flags)]
    os.execv(sys.executable, command_line)  # noqa: S606 -- a list that we build ourselves


def refuse_without(libraries: Sequence[str]) -> None:
    """Raise ConfigError when one of the libraries is not installed."""
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        raise ConfigError(
            f"training needs {', '.join(missing)}, which this installation lacks: "
            "pip install 'tidemill[training]', or in the repository: make .venv/training.stamp"
        )


def _options(values: Mapping[str, object], flags: Mapping[str, bool]) -> Iterator[str]:
    for name, value in values.items():
        if value is not None:
            yield from (name, str(value))
    yield from (name for name, is_on in flags.items() if is_on)
