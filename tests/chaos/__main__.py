"""`python -m tests.chaos`: what is lost, repeated or wrong when parts are killed."""

import asyncio
import logging
import string
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, get_args

import typer
from rich.console import Console

from shared.settings import Delivery
from tests.chaos import report
from tests.chaos.faults import FAULTS
from tests.chaos.faults.fault import Fault
from tests.chaos.run import LeftOut, Outcome, outcomes

console = Console()
_VARIANTS = string.ascii_lowercase
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def chaos(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer times: minutes instead of an hour.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/reliability.md and its figures.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Codes of faults, such as F1 or F9a; all if none.")
    ] = None,
    deliver: Annotated[
        Delivery | None, typer.Option(help="One way to deliver; both, one after the other, if none.")
    ] = None,
    brokers: Annotated[
        int | None, typer.Option(help="Faults of a Kafka of so many brokers only: 1 or 3; both if none.")
    ] = None,
) -> None:
    """Break a running Tidemill in every way of the table; exit code 1 when a promise is broken.

    \b
    python -m tests.chaos --quick --only F1 --only F5 --deliver exactly-once
    """  # noqa: D301 - \b is click's mark for lines to keep
    # aiokafka tells each failed attempt of a client whose broker we killed.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = plan_of(is_quick=quick, only=only, deliver=deliver, brokers=brokers)
    found: list[Outcome] = []
    try:
        asyncio.run(_break_all(plan, found, is_quick=quick))
    finally:
        console.print(report.table(found))
        console.print(report.total(found))
    if write:
        report.write(found)
        console.print(f"written: {report.PAGE}")
    raise typer.Exit(1 if any(outcome.broken for outcome in found) else 0)


def plan_of(
    *,
    is_quick: bool,
    only: Collection[str] | None = None,
    deliver: Delivery | None = None,
    brokers: int | None = None,
) -> dict[Delivery, list[Fault]]:
    """Return the faults to try, by way to deliver."""
    chosen = [
        fault
        for fault in FAULTS
        if (not only or {fault.code, fault.code.rstrip(_VARIANTS)} & set(only))
        and brokers in {None, fault.nodes}
    ]
    ways: Sequence[Delivery] = [deliver] if deliver else get_args(Delivery)
    return {way: [fault for fault in chosen if only or not is_quick or way in fault.quick_in] for way in ways}


async def _break_all(
    plan: Mapping[Delivery, Sequence[Fault]], found: list[Outcome], *, is_quick: bool
) -> None:
    for delivery, faults in plan.items():
        async for outcome in outcomes(faults, delivery, is_quick=is_quick):
            if isinstance(outcome, LeftOut):
                console.print(
                    f"{outcome.fault.code} {outcome.fault.what}, {delivery}: left out, {outcome.why}"
                )
                continue
            console.print(report.line(outcome))
            found.append(outcome)


if __name__ == "__main__":
    app()
