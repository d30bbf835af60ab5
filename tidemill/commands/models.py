"""`tidemill models`: lists models, shows cards, compares two, adds and removes versions."""

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Table

from shared.errors import ConfigError, TidemillError
from shared.inference.triton import TritonRunner
from shared.repository.install import add_version, remove_version
from tidemill.answers import answers_of
from tidemill.cards import Card, find_model, read_cards
from tidemill.compare import Example, common_output, difference_lines, labelled_rows, summary
from tidemill.connect import Connection
from tidemill.reading.files import whole_rows
from tidemill.terminal import OUT, show

app = typer.Typer(
    no_args_is_help=True, help="List models, show a card, compare two; add and remove versions."
)

Named = Annotated[str, typer.Argument(metavar="MODEL", help="NAME, NAME@VERSION, or a folder.")]


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a version.")] = False,
) -> None:
    """List the models with the figures of their cards, and whether Triton answers for them.

    \b
    tidemill models list
    tidemill models list --json
    TIDEMILL__TRITON__ADDRESS=gpu-box:8001 tidemill models list
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    cards = read_cards(connection.models_dir)
    served = asyncio.run(_served(cards, connection.triton.address))
    if not as_json:
        OUT.print(_table(cards, served))
        return
    for card, state in zip(cards, served, strict=True):
        OUT.out(json.dumps({**card.model_dump(mode="json"), "served": state == "yes"}))


@app.command("show")
def show_command(model: Named) -> None:
    """Show a model's card: how good, on whom it fails, what it costs, where it comes from.

    \b
    tidemill models show support_intent
    tidemill models show support_intent@1 > card.md
    """  # noqa: D301 - \b is click's mark for lines to keep
    bundle = find_model(model, Connection.from_environment().models_dir)
    path = bundle.folder / "card.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}; check the model out again") from None
    text = headed(text, bundle.version)
    if OUT.is_terminal:
        OUT.print(Markdown(text))
    else:
        OUT.out(text, end="")


@app.command("compare")
def compare_command(
    first: Annotated[str, typer.Argument(metavar="A", help="NAME, NAME@VERSION, or a folder.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
    data: Annotated[Path, typer.Option(metavar="FILE", help="Texts, .csv or .jsonl, also .gz.")],
    text: Annotated[str, typer.Option(metavar="COLUMN", help="Where the texts stand.")] = "text",
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Where the right labels stand; `label` if there.")
    ] = None,
    output: Annotated[str | None, typer.Option(help="Of models with several outputs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines; the last one sums up.")] = False,
) -> None:
    """Show where two text models differ, example by example, and who is right where that is known.

    Asks the models' own files by onnxruntime, which the extra `local` has, else the running Triton.

    \b
    tidemill models compare support_intent@1 support_intent@2 --data questions.csv
    tidemill models compare support_intent /tmp/trial/support_intent --data test.csv --label category
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    bundles = [find_model(each, connection.models_dir) for each in (first, second)]
    chosen = common_output(bundles[0], bundles[1], output)
    rows = labelled_rows(
        list(whole_rows(data)), text=text, label=label, specs=[bundle.outputs[chosen] for bundle in bundles]
    )
    texts = [each.text for each in rows]
    a, b = (answers_of(bundle, chosen, texts, connection.triton.address) for bundle in bundles)
    examples = [Example(*each) for each in zip(rows, a, b, strict=True)]
    _print(examples, as_json=as_json)


@app.command("add")
def add_command(
    trained: Annotated[
        str, typer.Argument(metavar="FOLDER", help="What a training wrote: `--out` and name.")
    ],
    relabel: Annotated[
        bool, typer.Option("--relabel", help="Accept other labels, or another order.")
    ] = False,
) -> None:
    """Add a trained model as the newest version; workers take it over once Triton has loaded it.

    \b
    tidemill train support_intent --data DIR --out /tmp/trained
    tidemill models compare support_intent /tmp/trained/support_intent --data test.csv
    tidemill models add /tmp/trained/support_intent
    """  # noqa: D301 - \b is click's mark for lines to keep
    repository = Connection.from_environment().models_dir
    bundle = find_model(trained, repository)
    number = add_version(bundle, repository, relabel=relabel)
    OUT.print(f"{bundle.model}@{number} is in {repository}; now let Triton load it", soft_wrap=True)


@app.command("remove")
def remove_command(model: Annotated[str, typer.Argument(metavar="NAME@VERSION")]) -> None:
    """Take a version out; workers go back to the newest one that is left. Its files are kept, hidden.

    \b
    tidemill models remove support_intent@2
    """  # noqa: D301 - \b is click's mark for lines to keep
    if "@" not in model:
        raise ConfigError(f"say which version of {model}: {model}@2")
    bundle = find_model(model, Connection.from_environment().models_dir)
    left = remove_version(bundle)
    OUT.print(f"{bundle.model} is back to {left}; let Triton load it once workers are, too", soft_wrap=True)


def headed(card: str, version: str) -> str:
    """Return the page of a card with this version in its heading.

    A training writes its own number there, and an added copy has another one.
    """
    return re.sub(r"\A(# .*, version )\S+$", rf"\g<1>{version}", card, count=1, flags=re.MULTILINE)


def _print(examples: Sequence[Example], *, as_json: bool) -> None:
    for example in examples:
        if not example.differs:
            continue
        if as_json:
            OUT.out(json.dumps(example.as_json()))
        else:
            for line in difference_lines(example):
                show(line)
    total = summary(examples)
    OUT.out(json.dumps(total.as_json()) if as_json else total.sentence())


async def _served(cards: Sequence[Card], address: str) -> list[str]:
    runner = TritonRunner(address)
    try:
        return list(await asyncio.gather(*(_state(runner, card) for card in cards)))
    finally:
        await runner.aclose()


async def _state(runner: TritonRunner, card: Card) -> str:
    try:
        await runner.ready(card.model, card.version)
        await runner.canary(card.model, card.version)
    except TidemillError:
        return "no"
    return "yes"


def _table(cards: Sequence[Card], served: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("model", "v", "MB", "figure", "value", "of", "served"):
        is_number = heading in {"MB", "value", "of"}
        # The figure wraps on a narrow terminal, and nothing is cut.
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=heading != "figure")
    for card, state in zip(cards, served, strict=True):
        style = "green" if state == "yes" else ""
        heads = (card.model, card.version, f"{card.size_bytes / 1e6:.1f}")
        for number, metric in enumerate(card.metrics or (None,)):
            figures = (metric.metric, f"{metric.value:.2f} %", f"{metric.n:,}") if metric else ("-", "", "")
            first = number == 0
            table.add_row(*(heads if first else ("", "", "")), *figures, state if first else "", style=style)
    return table
