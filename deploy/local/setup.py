"""python -m deploy.local.setup: downloads the programs of the embedded stack, once."""

import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from deploy.kafka.setup import ensure_kafka
from deploy.local.triton_setup import ensure_triton
from deploy.local.web_setup import ensure_web
from shared.errors import ConfigError
from shared.process.exit_code import ExitCode

console = Console(stderr=True, highlight=False)


def setup(
    *,
    kafka: Annotated[
        bool, typer.Option("--kafka", help="Also fetch a real Apache Kafka; needs Java 17 and Maven.")
    ] = False,
) -> None:
    """Fetch NVIDIA Triton, the pages' script, and Apache Kafka on request, into .stack.

    Quick when they are there.
    """
    started = time.monotonic()
    try:
        ensure_triton(console.print)
        ensure_web(console.print)
        if kafka:
            ensure_kafka(console.print)
    except ConfigError as error:
        console.print(str(error), style="red", soft_wrap=True)
        sys.exit(ExitCode.WRONG_USE)
    console.print(f"The embedded stack is ready ({time.monotonic() - started:.1f} s).")


if __name__ == "__main__":
    typer.run(setup)
