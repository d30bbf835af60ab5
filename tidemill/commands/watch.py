"""`tidemill watch`: prints the events of topics, those that are there and those that arrive."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from shared.bus.dead_letters import read_dead_letter
from shared.bus.record import Record
from shared.catalogue import ALIASES
from shared.errors import RejectedError
from shared.events import BY_NAME, DEAD_SUFFIX
from shared.events.codec import decode
from shared.process.exit_code import ExitCode
from shared.topics import topics
from tidemill.connect import Connection
from tidemill.follow import Reading, StackEndedError, Start, existing, read
from tidemill.lines import dead_line, line
from tidemill.running import running_stack
from tidemill.terminal import ERR, OUT, one_line, show

Show = Callable[[Record], None]


def command(
    name: Annotated[
        str, typer.Argument(metavar="TOPIC", help=f"{', '.join(ALIASES)}, dead, or a topic's full name.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: the event as sent.")
    ] = False,
    start: Annotated[
        Start | None, typer.Option("--from", help="Start there.", show_default=Start.END.value)
    ] = None,
    last_count: Annotated[
        int | None, typer.Option("--last", "-n", min=1, metavar="N", help="Start with the last N events.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", "-f/-e", help="Wait for more, or end with what is there.")
    ] = True,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="End after N events.")] = None,
) -> None:
    """Show the events of a topic, one a line: those that arrive from now on, until Ctrl-C.

    `alerts` are raised, updated and resolved ones; `dead` are the dead letters of all topics. Where a
    name stands for several topics, the JSON says in ce_type which event it is. When the stack that runs
    here ends, so does this: with exit code 0, or 1 where --limit was not reached.

    \b
    tidemill watch routed
    tidemill watch alerts --last 20
    tidemill watch alerts --from beginning --no-follow
    tidemill watch image.analyzed.v1 --json --limit 10 | jq .label
    """  # noqa: D301 - \b is click's mark for lines to keep
    if start and last_count:
        raise typer.BadParameter("--from and --last exclude each other")
    if not follow and start is not Start.BEGINNING and not last_count:
        raise typer.BadParameter("--no-follow needs --from beginning or --last N")
    wanted = topics(name)
    reading = Reading(start=start or Start.END, last_count=last_count, follow=follow)
    show_one = partial(_print_json if as_json else _print_line, several=len(wanted) > 1)
    raise typer.Exit(asyncio.run(_watch(wanted, reading, show_one, limit=limit)))


async def _watch(wanted: Sequence[str], reading: Reading, show_one: Show, *, limit: int | None) -> ExitCode:
    """Show records until the limit, the end or the end of the stack; return how the command ends."""
    kafka = Connection.from_environment().kafka
    there, missing = await existing(kafka, wanted)
    if there and missing:
        show(one_line(f"not there yet, so not watched: {', '.join(missing)}", "yellow"), ERR)
    shown_count = 0
    try:
        async with aclosing(
            read(kafka, there or wanted, reading, ended=_end_of_stack(kafka.bootstrap))
        ) as records:
            async for record in records:
                show_one(record)
                shown_count += 1
                if shown_count == limit:
                    return ExitCode.FINE
    except StackEndedError:
        show(one_line(f"the stack at {kafka.bootstrap} has ended; {shown_count:,} events shown"), ERR)
        return ExitCode.FINE if limit is None else ExitCode.FAILED
    return ExitCode.FINE


def _end_of_stack(bootstrap: str) -> Callable[[], bool]:
    """Return what tells whether the stack at this address has ended; never for one that does not run here."""

    def runs() -> bool:
        return bool(running_stack().get("kafka", {}).get("bootstrap") == bootstrap)

    return (lambda: not runs()) if runs() else (lambda: False)


def _print_json(record: Record, *, several: bool) -> None:
    OUT.out(json_line(record, with_type=several))


def json_line(record: Record, *, with_type: bool) -> str:
    """Return the value on one line; `with_type` adds the event's name as `ce_type` to a JSON object."""
    text = (record.value or b"null").decode(errors="replace")
    try:
        value = json.loads(text)
    except ValueError:
        return text.replace("\n", " ")
    if with_type and isinstance(value, dict):
        return json.dumps({"ce_type": record.partition.topic, **value}, ensure_ascii=False)
    return text.replace("\n", " ")


def _print_line(record: Record, *, several: bool) -> None:
    try:
        show(_line(record, several=several))
    except RejectedError as error:
        show(one_line(f"unreadable: {error}", "yellow"))


def _line(record: Record, *, several: bool) -> Text:
    name = record.partition.topic
    if not name.endswith(DEAD_SUFFIX):
        return line(decode(BY_NAME[name], key=record.key, value=record.value, headers=record.headers))
    letter = read_dead_letter(record)
    where = f"{name.removesuffix(DEAD_SUFFIX)} " if several else ""
    return Text.assemble((where, "dim"), dead_line(record, letter.reason, letter.message), no_wrap=True)
