"""`tidemill play`: a file or a folder becomes a stream."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shared.bus.kafka.bus import KafkaBus
from shared.bus.record import Outgoing
from shared.clock import utc_now
from shared.errors import ConfigError, RejectedError, TidemillError
from shared.events import ImageKind
from tidemill.connect import Connection
from tidemill.files import read_rows
from tidemill.player import no_wait, outgoing, play
from tidemill.rows import Mapper, Row, event_type, image_rows, images
from tidemill.services import read_up
from tidemill.terminal import OUT, one_line, show

Source = Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="CSV, JSONL or a folder of images.")]
Columns = Annotated[list[str], typer.Option("--column", metavar="FIELD=COLUMN", help="Where a field stands.")]
Constants = Annotated[
    list[str], typer.Option("--set", metavar="FIELD=VALUE", help="What a field is in every row.")
]


def command(
    source: Source,
    to: Annotated[str, typer.Option(metavar="TOPIC", help="messages, news, images, or a topic's full name.")],
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Rows a second; else as fast as it goes.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many rows.")] = None,
    columns: Columns = [],  # noqa: B006 -- typer makes a new one each time
    constants: Constants = [],  # noqa: B006
    kind: Annotated[ImageKind | None, typer.Option(help="What the images of a folder show.")] = None,
) -> None:
    """Stream a CSV or JSONL file, or a folder of images, into a topic.

    Messages need a column text; news need headline and company. Further columns fill fields of their
    name, unknown ones are ignored. Playing a file again sends the same event ids. The channel of a
    message picks its model: chat and email have intents, a review has a sentiment.

    \b
    tidemill play complaints.csv --to messages --rate 20
    tidemill play reviews.jsonl --to messages --set channel=review --column text=review --limit 100
    tidemill play headlines.csv --to news --column company=ticker
    tidemill play photos/ --to images --kind dish
    """  # noqa: D301 - \b is click's mark for lines to keep
    mapper = Mapper(
        to=event_type(to),
        source=source.name,
        clock=utc_now,
        columns=_pairs("--column", columns, "FIELD=COLUMN, e.g. --column text=review"),
        constants=_pairs("--set", constants, "FIELD=VALUE, e.g. --set channel=review"),
    )
    rows = _rows(source, kind)
    mapper.check(rows.first())
    sent_count, left_out = asyncio.run(_send(rows, mapper, limit=limit, rate=rate))
    show(one_line(f"sent {sent_count:,} events to {mapper.to.name}"))
    if left_out:
        raise TidemillError(f"left out {len(left_out):,} rows; the first: {left_out[0]}")


@dataclass(frozen=True, slots=True)
class Rows:
    """What is to be played: read anew each time, so that no file has to fit into memory."""

    count: int
    read: Callable[[], Iterator[Row]]

    def first(self) -> Row:
        """Return the first row."""
        return next(self.read())


def _rows(source: Path, kind: ImageKind | None) -> Rows:
    """Look through the source once, so that what can't be read is noticed before anything is sent."""
    if not source.is_dir():
        read, count = partial(read_rows, source), sum(1 for _ in read_rows(source))
    elif kind is not None:
        read, count = partial(image_rows, source, kind), len(images(source))
    else:
        raise ConfigError("images of what? add --kind digit or --kind dish")
    if not count:
        raise ConfigError(f"{source} holds nothing to play")
    return Rows(count, read)


def _pairs(option: str, given: list[str], form: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := [field for field, _, value in pairs if not field or not value]:
        raise ConfigError(f"{option} {wrong[0]}: write it as {form}")
    return {field: value for field, _, value in pairs}


async def _send(
    rows: Rows, mapper: Mapper, *, limit: int | None, rate: float | None
) -> tuple[int, list[str]]:
    left_out: list[str] = []
    connection = Connection.from_environment()
    room = partial(read_up, connection.kafka, mapper.to.name) if connection.keeps_little else no_wait
    producer = KafkaBus(connection.kafka).producer()
    await producer.start()
    try:
        with _progress() as progress:
            bar = progress.add_task(f"to {mapper.to.name}", total=min(rows.count, limit or rows.count))

            def advance(count: int) -> None:
                progress.update(bar, completed=count + len(left_out))

            records = _records(islice(rows.read(), limit), mapper, left_out)
            sent_count = await play(records, producer, rate=rate, on_sent=advance, room=room)
    finally:
        await producer.stop()
    return sent_count, left_out


def _records(rows: Iterable[Row], mapper: Mapper, left_out: list[str]) -> Iterator[Outgoing]:
    for number, row in enumerate(rows, start=1):
        try:
            yield outgoing(mapper.event(row, number))
        except RejectedError as error:
            left_out.append(str(error))


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=OUT)
