"""`tidemill play`: the rows of a file, or the images of a folder, become a stream."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer

from shared.bus.chunks import no_wait
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.progress import read_up
from shared.bus.record import Outgoing
from shared.catalogue import STREAMS
from shared.clock import utc_now
from shared.errors import ConfigError
from shared.events import ImageKind
from tidemill.connect import Connection
from tidemill.player import outgoing, play
from tidemill.reading.arrivals import Arrivals
from tidemill.reading.files import Form, RowFile, printable, row_file
from tidemill.reading.folder import image_folder
from tidemill.reading.found import Found, Reading
from tidemill.reading.survey import survey
from tidemill.reading.times import time_zone
from tidemill.rows import NAMESPACE, Mapper, event_type
from tidemill.tally import Tally
from tidemill.terminal import ERR, clean, counting_bar, one_line, show

Source = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|FOLDER|-",
        help="CSV, JSONL or a folder of images; - is standard input.",
        allow_dash=True,
    ),
]
Topic = Annotated[str, typer.Option(metavar="TOPIC", help=f"{', '.join(STREAMS)}, or a topic's full name.")]
Rate = Annotated[float | None, typer.Option(min=0.01, help="Rows a second; else as fast as it goes.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Stop after so many rows.")]
Columns = Annotated[list[str], typer.Option("--column", metavar="FIELD=COLUMN", help="Where a field stands.")]
Constants = Annotated[
    list[str], typer.Option("--set", metavar="FIELD=VALUE", help="What a field is in every row.")
]
AsForm = Annotated[Form | None, typer.Option("--as", help="How rows are written; else by the file's name.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the text, e.g. cp1252; else UTF-8.")]
Zone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Zone of times that name none, e.g. Europe/Berlin.")
]
Kind = Annotated[ImageKind | None, typer.Option(help="What the images of a folder show.")]
Shrink = Annotated[bool, typer.Option("--shrink", help="Send images above 512 KiB in a smaller size.")]


def command(
    source: Source,
    to: Topic,
    rate: Rate = None,
    limit: Limit = None,
    columns: Columns = [],  # noqa: B006 -- typer makes a new one each time
    constants: Constants = [],  # noqa: B006
    form: AsForm = None,
    encoding: Encoding = None,
    timezone: Zone = None,
    kind: Kind = None,
    shrink: Shrink = False,
) -> None:
    """Stream a CSV or JSONL file, or a folder of images, into a topic.

    Messages need a column text; news need headline and company. Further columns fill fields of their
    name, unknown ones are ignored. Playing a file again sends the same event ids. The channel of a
    message picks its model: chat and email have intents, a review has a sentiment. Rows that can't be
    sent are left out, each with its line and the reason; the exit code is then 1.

    \b
    tidemill play complaints.csv --to messages --rate 20
    tidemill play reviews.jsonl --to messages --set channel=review --column text=review --limit 100
    tidemill play export.csv --to news --column company=ticker --encoding cp1252
    tidemill play photos/ --to images --kind dish
    zcat log.gz | tidemill play - --as jsonl --to messages
    """  # noqa: D301 - \b is click's mark for lines to keep
    mapper = Mapper(
        to=event_type(to),
        source=printable(source.name),
        clock=utc_now,
        columns=_pairs("--column", columns, "FIELD=COLUMN, e.g. --column text=review"),
        constants=_pairs("--set", constants, "FIELD=VALUE, e.g. --set channel=review"),
        zone=time_zone(timezone),
    )
    is_folder = source.is_dir()
    rows = _images(source, kind, shrink=shrink) if is_folder else _texts(source, mapper, form, encoding)
    _play(rows, mapper, limit=limit, rate=rate)


@dataclass(frozen=True, slots=True)
class Rows:
    """A source of rows, read when they are needed, so that no file has to fit into memory."""

    count: int | None
    """None where it is not known before the end."""

    read: Callable[[], Reading]
    remark: str = ""
    pauses: Callable[[], bool] = lambda: False


def _images(folder: Path, kind: ImageKind | None, *, shrink: bool) -> Rows:
    if kind is None:
        raise ConfigError("images of what? add --kind digit or --kind dish")
    images = image_folder(folder)
    read = partial(images.rows, kind, NAMESPACE, shrink=shrink)
    return Rows(len(images.paths), read, images.passed_over_line())


def _texts(path: Path, mapper: Mapper, form: Form | None, encoding: str | None) -> Rows:
    """Look through a file before anything is sent, or at the first row of a pipe, which can be read once."""
    file = row_file(path, form=form, encoding=encoding)
    if not file.reads_twice:
        arrivals = Arrivals(_checked(file, mapper))
        return Rows(None, partial(chain, list(islice(arrivals, 1)), arrivals), pauses=arrivals.pauses)
    found = survey(file)
    if found.columns:  # none where every row is left out, each with its reason
        mapper.check(found.columns)
    return Rows(found.count, file.rows)


def _checked(file: RowFile, mapper: Mapper) -> Reading:
    """Yield the rows; the columns of CSV are checked at the first one, as they are those of all."""
    is_open = file.form is Form.CSV
    for read in file.rows():
        if is_open and isinstance(read, Found):
            mapper.check(read.row)
            is_open = False
        yield read


def _play(rows: Rows, mapper: Mapper, *, limit: int | None, rate: float | None) -> None:
    """Send the rows and print the summary. Raises RejectedError when rows were left out."""
    tally = Tally()
    sent_count = asyncio.run(_send(rows, mapper, tally, limit=limit, rate=rate))
    sent = f"sent {sent_count:,} events to {mapper.to.name}"
    for line in filter(None, (sent, *tally.remarks(), rows.remark)):
        show(one_line(line))
    for reason in tally.reasons():
        ERR.print(clean(reason), markup=False, soft_wrap=True)
    tally.check()


def _pairs(option: str, given: list[str], form: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := [field for field, _, value in pairs if not field or not value]:
        raise ConfigError(f"{option} {wrong[0]}: write it as {form}")
    return {field: value for field, _, value in pairs}


async def _send(rows: Rows, mapper: Mapper, tally: Tally, *, limit: int | None, rate: float | None) -> int:
    connection = Connection.from_environment()
    room = partial(read_up, connection.kafka, mapper.to.name) if connection.keeps_little else no_wait
    producer = KafkaBus(connection.kafka).producer()
    await producer.start()
    if rows.count is None:
        # asyncio's handler would cancel this task, which never notices while it waits for the pipe.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        total = limit if rows.count is None else min(rows.count, limit or rows.count)
        with counting_bar(f"to {mapper.to.name}", total) as show_count:

            def advance(count: int) -> None:
                show_count(count + tally.left_out_count)

            records = _records(islice(rows.read(), limit), mapper, tally)
            return await play(records, producer, rate=rate, on_sent=advance, room=room, pauses=rows.pauses)
    finally:
        await producer.stop()


def _records(reading: Reading, mapper: Mapper, tally: Tally) -> Iterator[Outgoing]:
    for event in tally.events(reading, mapper.event):
        yield outgoing(event)
