"""`tidemill run`: the embedded stack with all services, shown live until Ctrl-C."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.stack import KafkaKind
from tidemill.display import LiveDisplay, PlainDisplay
from tidemill.ending import cancelled_by_sigterm
from tidemill.parts import USUAL_PORTS, Doors, usual_doors
from tidemill.running import Publish, only_stack
from tidemill.samples import Sample, sample_streams
from tidemill.session import session
from tidemill.terminal import OUT, one_line
from tidemill.view import View

SAMPLES_S = 90.0
"""Duration of the samples: slow enough to read along."""

Kafka = Annotated[KafkaKind, typer.Option(help="In memory, or real by Java and Maven.")]
Photos = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data sets: adds DIR/food10's dishes.")
]


def command(
    kafka: Kafka = KafkaKind.MEMORY,
    samples: Annotated[bool, typer.Option(help="Play the sample streams.")] = True,
    data: Photos = None,
) -> None:
    """Start Kafka, Triton, Redis and every service, play the samples, show what happens until Ctrl-C.

    In another terminal, play, watch, dead, lag, models and health find this stack by themselves, open opens
    its page, and env prints its addresses for programs of your own. The gateway takes port 8000 and the
    dashboard 8001 where nobody has them.

    \b
    tidemill run
    tidemill run --no-samples --kafka real
    """  # noqa: D301 - \b is click's mark for lines to keep
    with only_stack() as publish:
        doors = usual_doors()
        for name, port in doors.items():
            if port.number != USUAL_PORTS[name]:
                OUT.print(one_line(f"port {USUAL_PORTS[name]} is taken: the {name} gets {port}"))
        asyncio.run(_run(kafka, sample_streams(data) if samples else [], publish, doors))


async def _run(kafka: KafkaKind, streams: Sequence[Sequence[Sample]], publish: Publish, doors: Doors) -> None:
    view = View()
    display = LiveDisplay(view, OUT) if OUT.is_terminal else PlainDisplay(view, OUT)
    try:
        with cancelled_by_sigterm():
            async with session(view, display, kafka=kafka, publish=publish, doors=doors) as running:
                view.playing = "the samples are playing"
                await running.play(streams, over_s=SAMPLES_S)
                view.playing = "yours: tidemill play FILE"
                await asyncio.Event().wait()
    finally:
        OUT.print(
            one_line(f"ended; {view.ledger.sent_count:,} inputs, {view.ledger.open_count:,} unanswered")
        )
