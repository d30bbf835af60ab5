"""`tidemill watch`: what arrives on a topic."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from shared.bus.dead_letters import read_dead_letter
from shared.bus.kafka.reader import KafkaReader
from shared.bus.record import Record
from shared.errors import RejectedError
from shared.events import BY_NAME, DEAD_SUFFIX
from shared.events.codec import decode
from tidemill.connect import Connection
from tidemill.lines import dead_line, line
from tidemill.terminal import OUT, one_line, show
from tidemill.topics import topics


class Start(StrEnum):
    """Where reading starts."""

    BEGINNING = "beginning"
    END = "end"


def command(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="routed, alerts, or a topic's full name.")],
    as_json: Annotated[bool, typer.Option("--json", help="The values as they are, one JSON a line.")] = False,
    start: Annotated[Start, typer.Option("--from", help="Where to start.")] = Start.END,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
) -> None:
    """Show what arrives on a topic, one line an event, until Ctrl-C.

    \b
    tidemill watch routed
    tidemill watch alerts --from beginning
    tidemill watch image.analyzed.v1 --json --limit 10 | jq .label
    """  # noqa: D301 - \b is click's mark for lines to keep
    reader = KafkaReader(Connection.from_environment().kafka, topics(name), from_end=start is Start.END)
    asyncio.run(_follow(reader, as_json=as_json, limit=limit))


async def _follow(reader: KafkaReader, *, as_json: bool, limit: int | None) -> None:
    shown_count = 0
    await reader.start()
    try:
        while limit is None or shown_count < limit:
            for record in (await reader.fetch(timeout_ms=500))[: limit and limit - shown_count]:
                _show(record, as_json=as_json)
                shown_count += 1
    finally:
        await reader.stop()


def _show(record: Record, *, as_json: bool) -> None:
    if as_json:
        OUT.out((record.value or b"null").decode(errors="replace").replace("\n", " "))
        return
    name = record.partition.topic
    try:
        if name.endswith(DEAD_SUFFIX):
            letter = read_dead_letter(record)
            show(dead_line(record, letter.reason, letter.message))
        else:
            event = decode(BY_NAME[name], key=record.key, value=record.value, headers=record.headers)
            show(line(event))
    except RejectedError as error:
        show(one_line(f"unreadable: {error}", "yellow"))
