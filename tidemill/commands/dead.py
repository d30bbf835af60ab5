"""`tidemill dead`: lists, shows, replays and deletes the records that could not be handled."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer
from rich.text import Text

from shared.bus.chunks import no_wait
from shared.bus.dead_letters import DeadLetter
from shared.bus.kafka.bus import KafkaBus
from shared.bus.kafka.progress import read_up
from shared.bus.kafka.topics import KafkaTopics
from shared.bus.record import Record
from shared.errors import ConfigError, TidemillError
from shared.letters.reading import letters, survey
from shared.letters.replays import ATTEMPTS, Fate, Plan
from shared.letters.selection import Wanted
from shared.letters.sending import Sending, plan, purge_ends, replay
from tidemill.connect import Connection
from tidemill.lines import dead_line
from tidemill.terminal import OUT, clean, counting_bar, one_line, show, time_of

_SHOWN_BYTES = 2_000
_SHOWN_PLACES = 20

app = typer.Typer(no_args_is_help=True, help="List, show, replay and purge dead letters.")

Topic = Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Of this topic only; else of all.")]
Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; else only say what would be done.")]


@app.command("list")
def list_command(
    name: Topic = None,
    reason: Reason = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a letter, no values.")] = False,
) -> None:
    """List dead letters: partition:offset, time, reason, what was wrong.

    \b
    tidemill dead list
    tidemill dead list messages --reason not_json
    tidemill dead list --json | jq -r .reason | sort | uniq -c
    """  # noqa: D301 - \b is click's mark for lines to keep
    found = asyncio.run(survey(Connection.from_environment().kafka, Wanted(name=name, reason=reason)))
    if as_json:
        for pair in found:
            OUT.out(json.dumps(as_fields(*pair)))
        return
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
    """Show one dead letter whole: its origin, the reason, its headers and bytes.

    \b
    tidemill dead show messages 2:17
    """  # noqa: D301 - \b is click's mark for lines to keep
    if letter := asyncio.run(_letter_at(name, where)):
        return _print_whole(letter)
    raise _none_at(name, where)


@app.command("replay")
def replay_command(
    name: Topic = None,
    reason: Reason = None,
    offset: Annotated[
        str | None, typer.Option(metavar="PARTITION:OFFSET", help="Only this one, replayed before or not.")
    ] = None,
    again: Annotated[bool, typer.Option("--all", help="Also those that were replayed before.")] = False,
    attempts: Annotated[int, typer.Option(min=1, help="Leave out records replayed so often.")] = ATTEMPTS,
    yes: Yes = False,
) -> None:
    """Send new dead letters to their topics again, with their original bytes, key and headers.

    New are those that no replay has taken yet; how far replays have come is kept by Kafka, as the committed
    offsets of the group tidemill-dead-replay. Letters stay on their topic. Without --yes nothing is sent.
    Those that were too large for their values can't be sent: it is said where the originals are, and the
    exit code is 1.

    \b
    tidemill dead replay --reason image_too_large
    tidemill dead replay messages --yes
    tidemill dead replay messages --offset 2:17 --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection, wanted = Connection.from_environment(), Wanted(name=name, reason=reason)
    if offset is not None:
        wanted = replace(Wanted.at(name, offset), reason=reason)
    planned = asyncio.run(
        plan(connection.kafka, wanted, attempts=attempts, again=again or offset is not None)
    )
    if offset and not planned.found:
        raise _none_at(name or "", offset)
    for line in _plan_lines(planned):
        show(line)
    if not yes:
        show(one_line(f"{planned.total} would be sent again; add --yes to do it"))
        return
    with counting_bar("replaying", planned.total) as advance:
        sent_count = asyncio.run(_replay(connection, wanted, planned, advance))
    show(one_line(f"{sent_count} sent again"))
    if planned.originals:
        raise TidemillError(f"{len(planned.originals)} were not sent, as their letters lack the value")


@app.command("purge")
def purge_command(
    name: Topic = None,
    replayed: Annotated[bool, typer.Option("--replayed", help="Only those that were replayed.")] = False,
    yes: Yes = False,
) -> None:
    """Delete dead letters for good, by Kafka's DeleteRecords. Without --yes nothing is deleted.

    \b
    tidemill dead purge messages
    tidemill dead purge --replayed --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    connection = Connection.from_environment()
    counts, ends = asyncio.run(purge_ends(connection.kafka, Wanted(name=name), replayed_only=replayed))
    for topic, count in sorted(counts.items()):
        show(one_line(f"{count} on {topic}"))
    if not yes:
        show(one_line(f"{counts.total()} would be deleted; add --yes to do it"))
        return
    if ends:
        asyncio.run(KafkaTopics(connection.kafka).delete_before(ends))
    show(one_line(f"{counts.total()} deleted"))


def as_fields(record: Record, letter: DeadLetter) -> dict[str, Any]:
    """Return the facts of a letter as a JSON object."""
    return {
        "topic": record.partition.topic,
        "partition": record.partition.number,
        "offset": record.offset,
        "time": time_of(record.timestamp_ms).isoformat(),
        "reason": letter.reason,
        "message": letter.message,
        "attempt": letter.attempt,
        "key": None if letter.key is None else letter.key.decode(errors="replace"),
        "value_left_out": letter.value_left_out,
        "original_topic": letter.original.topic,
        "original_partition": letter.original.number,
        "original_offset": letter.original_offset,
    }


async def _replay(
    connection: Connection, wanted: Wanted, planned: Plan, on_sent: Callable[[int], None]
) -> int:
    room = partial(read_up, connection.kafka) if connection.keeps_little else no_wait
    producer = KafkaBus(connection.kafka).producer()
    await producer.start()
    try:
        sending = Sending(producer=producer, room=room, on_sent=on_sent)
        return await replay(connection.kafka, wanted, planned, sending)
    finally:
        await producer.stop()


def _none_at(name: str, where: str) -> ConfigError:
    return ConfigError(f"no dead letter of {name} stands at {where}; `tidemill dead list {name}` shows them")


def _plan_lines(planned: Plan) -> Iterator[Text]:
    """Yield what a replay sends to each topic, and what it leaves out and why."""
    for target, count in planned.targets.items():
        yield one_line(f"{count} to {target}")
    if count := planned.fates[Fate.OLD]:
        yield one_line(f"{count} left out: replayed before; --all takes them too")
    if count := planned.fates[Fate.TOO_OFTEN]:
        yield one_line(
            f"{count} left out: replayed {planned.rule.attempts} times and refused again; "
            "mend what refuses them, then give more --attempts"
        )
    yield from _left_out_lines(planned.originals)


def _left_out_lines(originals: list[str]) -> Iterator[Text]:
    """Yield where the originals are of letters that can't be sent."""
    if count := len(originals):
        yield one_line(f"{count} can't be sent: too large for a letter, their values are only at")
        for where in originals[:_SHOWN_PLACES]:
            yield one_line(f"  {where}")
        if count > _SHOWN_PLACES:
            yield one_line(f"  and {count - _SHOWN_PLACES} more; `tidemill dead show` says where each is")


def _print_whole(letter: DeadLetter) -> None:
    value = letter.value
    size = "null" if value is None else f"{len(value):,} bytes"
    if letter.value_left_out:
        size = "left out, as it was too large for a letter: it is only where the letter is from"
    origin = f"{letter.original.topic}, partition {letter.original.number}, offset {letter.original_offset}"
    show(one_line(f"from     {origin}"))
    show(one_line(f"reason   {letter.reason}: {letter.message}"))
    if letter.attempt:
        show(one_line(f"replays  {letter.attempt}"))
    show(one_line(f"key      {letter.key!r}"))
    for header, content in letter.headers:
        show(one_line(f"header   {header}: {(content or b'').decode(errors='replace')}"))
    show(one_line(f"value    {size}"))
    shown = (value or b"")[:_SHOWN_BYTES]
    OUT.print(clean(shown.decode(errors="backslashreplace")), markup=False, soft_wrap=True)
    if value is not None and len(value) > _SHOWN_BYTES:
        show(one_line(f"... the first {_SHOWN_BYTES:,} of {len(value):,} bytes", "dim"))


async def _letter_at(name: str, where: str) -> DeadLetter | None:
    wanted = Wanted.at(name, where)
    async with aclosing(letters(Connection.from_environment().kafka, wanted)) as batches:
        async for batch in batches:
            for _, letter in batch:
                return letter
    return None
