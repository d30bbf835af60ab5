"""`tidemill models`: which models there are, how good they are, and whether Triton serves them."""

import asyncio
from collections.abc import Sequence

from rich.table import Table

from shared.errors import TidemillError
from shared.inference.triton import TritonRunner
from tidemill.cards import Card, read_cards
from tidemill.connect import Connection
from tidemill.terminal import OUT


def command() -> None:
    """List the models with the figures of their cards, and whether Triton answers for them.

    \b
    tidemill models
    TIDEMILL__TRITON__ADDRESS=gpu-box:8001 tidemill models
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    cards = read_cards(connection.models_dir)
    OUT.print(_table(cards, asyncio.run(_served(cards, connection.triton.address))))


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
    table = Table(box=None, header_style="bold")
    for heading in ("model", "v"):
        table.add_column(heading, no_wrap=True)
    for heading in ("MB", "metric", "value", "of"):
        table.add_column(heading, justify="left" if heading == "metric" else "right", no_wrap=True)
    table.add_column("served")
    for card, state in zip(cards, served, strict=True):
        style = "green" if state == "yes" else ""
        size = f"{card.size_bytes / 1e6:.1f}"
        for metric in card.metrics or (None,):
            figures = (metric.metric, f"{metric.value:.2f} %", f"{metric.n:,}") if metric else ("-", "", "")
            table.add_row(card.model, card.version, size, *figures, state, style=style)
    return table
