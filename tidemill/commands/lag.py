"""`tidemill lag`: how far each service is behind."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.table import Table

from shared.bus.kafka.inspector import GroupPosition, KafkaInspector
from shared.bus.kafka.skip import skip_lost as skip_lost_of
from shared.bus.record import Partition
from shared.catalogue import SERVICES
from shared.settings import KafkaSettings
from shared.topics import topics
from tidemill.connect import Connection
from tidemill.terminal import OUT, one_line, show


def command(
    group: Annotated[str | None, typer.Option(help="Another group than those of our services.")] = None,
    of: Annotated[str | None, typer.Option("--topic", help="What that group reads.")] = None,
    skip_lost: Annotated[
        bool,
        typer.Option(
            "--skip-lost",
            help="Go on at the oldest record that is left, where a group's position doesn't fit its log: "
            "behind records that were deleted unread, or again from the start of a log that was truncated "
            "or made again. Stop the services first.",
        ),
    ] = False,
) -> None:
    """Show, per group, topic and partition, how many records are not yet handled.

    \b
    tidemill lag
    tidemill lag --group my-subscriber --topic routed
    tidemill lag --skip-lost
    """  # noqa: D301 - \b is click's mark for lines to keep
    if (group is None) != (of is None):
        raise typer.BadParameter("--group and --topic go together")
    services = {service.group: service.input_topics for service in SERVICES if service.inputs}
    wanted = {group: topics(of)} if group and of else services
    kafka = Connection.from_environment().kafka
    if skip_lost:
        asyncio.run(_skip(kafka, wanted))
    positions = asyncio.run(_positions(kafka, wanted))
    OUT.print(_table(positions))
    for at in (at for found in positions.values() for at in found.values() if at.lost):
        show(one_line(str(at.lost)))
    total = sum(at.lag_records for found in positions.values() for at in found.values())
    show(one_line(f"{total:,} records behind in all"))


async def _skip(settings: KafkaSettings, groups: Mapping[str, Sequence[str]]) -> None:
    for group, read in groups.items():
        for partition, count in (await skip_lost_of(settings, group, read)).items():
            moved = f"{count:,} offsets passed over" if count > 0 else f"back by {-count:,} offsets"
            show(one_line(f"{group}: {partition.topic} {partition.number}: {moved}"))


async def _positions(
    settings: KafkaSettings, groups: Mapping[str, Sequence[str]]
) -> dict[str, Mapping[Partition, GroupPosition]]:
    inspector = KafkaInspector(settings)
    return {group: await inspector.positions(group, read) for group, read in groups.items()}


def _table(positions: Mapping[str, Mapping[Partition, GroupPosition]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("group", "topic"):
        table.add_column(heading, no_wrap=True)
    for heading in ("part", "next", "end", "lag"):
        table.add_column(heading, justify="right", no_wrap=True)
    for group, found in positions.items():
        for partition, at in sorted(found.items()):
            committed = "-" if at.committed is None else f"{at.committed:,}"
            row = (
                group,
                partition.topic,
                str(partition.number),
                committed,
                f"{at.end:,}",
                f"{at.lag_records:,}",
            )
            table.add_row(*row, style=_style(at))
    return table


def _style(at: GroupPosition) -> str:
    if at.lost:
        return "red"
    return "yellow" if at.lag_records else ""
