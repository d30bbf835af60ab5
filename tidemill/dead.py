"""`tidemill dead`: what could not be handled, why, and a second chance for it."""

import asyncio
from collections import Counter
from typing import Annotated

import typer

from shared.bus.dead_letters import DeadLetter, read_dead_letter
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_reader import KafkaInspector, KafkaReader
from shared.bus.record import Record
from shared.errors import ConfigError, RejectedError
from shared.events import DEAD_SUFFIX
from shared.settings import KafkaSettings
from tidemill.connect import Connection
from tidemill.lines import dead_line
from tidemill.terminal import OUT, clean, one_line, show
from tidemill.topics import DEAD_TOPICS, topic

_SHOWN_BYTES = 2_000
_EMPTY_FETCHES = 3  # transaction markers count as remaining, but are never fetched

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
    letters = asyncio.run(_letters(Connection.from_environment().kafka, name, reason))
    shown = None
    for record, letter in letters:
        if record.partition.topic != shown:
            shown = record.partition.topic
            show(one_line(shown, "bold"))
        show(dead_line(record, letter.reason, letter.message))
    counts = Counter(letter.reason for _, letter in letters)
    reasons = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    show(one_line(f"{len(letters)} dead letters" + (f": {reasons}" if reasons else "")))


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="TOPIC")],
    where: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `dead list` prints it.")],
) -> None:
    """Show one dead letter whole: where it came from, why it died, its headers and bytes.

    \b
    tidemill dead show messages 2:17
    """  # noqa: D301 - \b is click's mark for lines to keep
    letters = asyncio.run(_letters(Connection.from_environment().kafka, name, None))
    for record, letter in letters:
        if f"{record.partition.number}:{record.offset}" == where:
            return _print_whole(letter)
    raise ConfigError(f"no dead letter of {name} stands at {where}; `tidemill dead list {name}` shows them")


@app.command("replay")
def replay_command(
    name: Topic = None,
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only say what would be done.")] = False,
) -> None:
    """Send dead letters to their topics again, with their original bytes, key and headers.

    They stay on the dead-letter topic as well. Without --yes nothing is sent.

    \b
    tidemill dead replay --reason image_too_large
    tidemill dead replay messages --yes
    """  # noqa: D301 - \b is click's mark for lines to keep
    settings = Connection.from_environment().kafka
    letters = [letter for _, letter in asyncio.run(_letters(settings, name, reason))]
    for target, count in Counter(letter.original.topic for letter in letters).items():
        show(one_line(f"{count} to {target}"))
    if not yes:
        show(one_line(f"{len(letters)} would be sent again; add --yes to do it"))
        return
    asyncio.run(_replay(settings, letters))
    show(one_line(f"{len(letters)} sent again"))


def _print_whole(letter: DeadLetter) -> None:
    value = letter.value
    size = "null" if value is None else f"{len(value):,} bytes"
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


async def _letters(
    settings: KafkaSettings, name: str | None, reason: str | None
) -> list[tuple[Record, DeadLetter]]:
    wanted = DEAD_TOPICS if name is None else (topic(name).removesuffix(DEAD_SUFFIX) + DEAD_SUFFIX,)
    existing = await KafkaInspector(settings).topics()
    letters = []
    for record in await _read_all(settings, [each for each in wanted if each in existing]):
        try:
            letter = read_dead_letter(record)
        except RejectedError:
            continue  # someone else's record: not ours to list or to send
        if reason in {None, letter.reason}:
            letters.append((record, letter))
    return sorted(letters, key=lambda pair: (pair[0].partition, pair[0].offset))


async def _read_all(settings: KafkaSettings, topics: list[str]) -> list[Record]:
    if not topics:
        return []
    records: list[Record] = []
    reader = KafkaReader(settings, topics)
    await reader.start()
    try:
        empty_count = 0
        while empty_count < _EMPTY_FETCHES and await reader.remaining_records():
            fetched = await reader.fetch(timeout_ms=500)
            records += fetched
            empty_count = 0 if fetched else empty_count + 1
    finally:
        await reader.stop()
    return records


async def _replay(settings: KafkaSettings, letters: list[DeadLetter]) -> None:
    producer = KafkaBus(settings).producer()
    await producer.start()
    try:
        await producer.publish([letter.replay() for letter in letters])
    finally:
        await producer.stop()
