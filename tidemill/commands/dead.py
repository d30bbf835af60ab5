"""`tidemill dead`: what could not be handled, why, and a second chance for it."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

import typer
from rich.text import Text

from shared.bus.dead_letters import DeadLetter
from shared.bus.record import Record
from shared.errors import ConfigError, TidemillError
from tidemill.connect import Connection
from tidemill.letters import Plan, Wanted, letters, plan, replay
from tidemill.lines import dead_line
from tidemill.terminal import OUT, clean, one_line, show

_SHOWN_BYTES = 2_000
_SHOWN_PLACES = 20

app = typer.Typer(no_args_is_help=True, help="List, show and replay dead letters.")

Topic = Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Of this topic only; else of all.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]


@app.command("list")
def list_command(name: Topic = None, reason: Reason = None) -> None:
    """List dead letters: partition:offset, reason, what was wrong.

    \b
    tidemill dead list
    tidemill dead list messages --reason not_json
    """  # noqa: D301 - \b is click's mark for lines to keep
    found = asyncio.run(_listed(name, reason))
    shown = None
    for record, letter in found:
        if record.partition.topic != shown:
            shown = record.partition.topic
            show(one_line(shown, "bold"))
        show(dead_line(record, letter.reason, letter.message))
    counts = Counter(letter.reason for _, letter in found)
    reasons = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    show(one_line(f"{len(found)} dead letters" + (f": {reasons}" if reasons else "")))


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="TOPIC")],
    where: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `dead list` prints it.")],
) -> None:
    """Show one dead letter whole: where it came from, why it died, its headers and bytes.

    \b
    tidemill dead show messages 2:17
    """  # noqa: D301 - \b is click's mark for lines to keep
    if letter := asyncio.run(_letter_at(name, where)):
        return _print_whole(letter)
    raise ConfigError(f"no dead letter of {name} stands at {where}; `tidemill dead list {name}` shows them")


@app.command("replay")
def replay_command(
    name: Topic = None,
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only say what would be done.")] = False,
) -> None:
    """Send dead letters to their topics again, with their original bytes, key and headers.

    They stay on the dead-letter topic as well. Without --yes nothing is sent. Those that were too large
    for their values can't be sent: it is said where the originals stand, and the exit code is 1.

    \b
    tidemill dead replay --reason image_too_large
    tidemill dead replay messages --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection, wanted = Connection.from_environment(), Wanted(name=name, reason=reason)
    planned = asyncio.run(plan(connection.kafka, wanted))
    for target, count in planned.counts.items():
        show(one_line(f"{count} to {target}"))
    for line in _left_out_lines(planned):
        show(line)
    if not yes:
        show(one_line(f"{planned.total} would be sent again; add --yes to do it"))
        return
    show(one_line(f"{asyncio.run(replay(connection, wanted, planned))} sent again"))
    if planned.left_out:
        raise TidemillError(f"{len(planned.left_out)} were not sent, as their letters lack the value")


def _left_out_lines(planned: Plan) -> Iterator[Text]:
    """Yield where the originals stand of letters that can't be sent."""
    if count := len(planned.left_out):
        yield one_line(f"{count} can't be sent: too large for a letter, their values are only at")
        for where in planned.left_out[:_SHOWN_PLACES]:
            yield one_line(f"  {where}")
        if count > _SHOWN_PLACES:
            yield one_line(f"  and {count - _SHOWN_PLACES} more; `tidemill dead show` says where each stands")


def _print_whole(letter: DeadLetter) -> None:
    value = letter.value
    size = "null" if value is None else f"{len(value):,} bytes"
    if letter.value_left_out:
        size = "left out, as it was too large for a letter: it is only where the letter is from"
    origin = f"{letter.original.topic}, partition {letter.original.number}, offset {letter.original_offset}"
    show(one_line(f"from     {origin}"))
    show(one_line(f"reason   {letter.reason}: {letter.message}"))
    show(one_line(f"key      {letter.key!r}"))
    for header, content in letter.headers:
        show(one_line(f"header   {header}: {(content or b'').decode(errors='replace')}"))
    show(one_line(f"value    {size}"))
    shown = (value or b"")[:_SHOWN_BYTES]
    OUT.print(clean(shown.decode(errors="backslashreplace")), markup=False, soft_wrap=True)
    if value is not None and len(value) > _SHOWN_BYTES:
        show(one_line(f"... the first {_SHOWN_BYTES:,} of {len(value):,} bytes", "dim"))


async def _listed(name: str | None, reason: str | None) -> list[tuple[Record, DeadLetter]]:
    """Return the letters in the order of their topics, partitions and offsets, their values left away."""
    found = [
        (replace(record, value=None), replace(letter, value=None))
        async for batch in letters(Connection.from_environment().kafka, Wanted(name=name, reason=reason))
        for record, letter in batch
    ]
    return sorted(found, key=lambda pair: (pair[0].partition, pair[0].offset))


async def _letter_at(name: str, where: str) -> DeadLetter | None:
    async with aclosing(
        letters(Connection.from_environment().kafka, Wanted(name=name, reason=None))
    ) as batches:
        async for batch in batches:
            for record, letter in batch:
                if f"{record.partition.number}:{record.offset}" == where:
                    return letter
    return None
