"""python -m deploy.local: the embedded stack alone, until Ctrl-C; one JSON line per change of state."""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.local.keeper import PartLostError
from deploy.local.part import PartEvent
from deploy.local.paths import MODELS
from deploy.local.stack import KafkaKind, StackPlan, local_stack
from shared.errors import ConfigError
from shared.process.exit_code import ExitCode

console = Console(stderr=True, highlight=False)


def print_event(event: PartEvent) -> None:
    """Print a change of a part's state as a line of JSON."""
    typer.echo(json.dumps(asdict(event)))


async def run_until_signal(plan: StackPlan) -> None:
    """Run the stack until SIGINT or SIGTERM, and print its addresses once it is up."""
    running = asyncio.current_task()
    if running is None:
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        async with local_stack(plan) as stack:
            typer.echo(json.dumps({"addresses": asdict(stack.addresses), "folder": str(stack.folder)}))
            await asyncio.Event().wait()


def run(
    *,
    kafka: Annotated[
        KafkaKind, typer.Option(help="Kafka in memory, a real one by Java, or none.")
    ] = KafkaKind.MEMORY,
    triton: Annotated[bool, typer.Option(help="Start Triton.")] = True,
    redis: Annotated[bool, typer.Option(help="Start Redis.")] = True,
    models: Annotated[Path, typer.Option(help="Triton's model repository.")] = MODELS,
    load: Annotated[list[str] | None, typer.Option(help="Load this model only; repeat for more.")] = None,
) -> None:
    """Start Kafka, Triton and Redis on free ports of this machine."""
    plan = StackPlan(
        kafka=kafka,
        triton=triton,
        redis=redis,
        models=models.resolve(),
        load=tuple(load or ()),
        on_event=print_event,
        say=console.print,
    )
    try:
        asyncio.run(run_until_signal(plan))
    except (ConfigError, PartLostError) as error:
        console.print(str(error), style="red", soft_wrap=True)
        sys.exit(ExitCode.WRONG_USE)


if __name__ == "__main__":
    typer.run(run)
