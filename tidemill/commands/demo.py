"""`tidemill demo`: plays the samples once through the whole stack and counts the results."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import typer

from deploy.local.stack import KafkaKind
from shared.accounts.ledger import Ledger
from shared.catalogue import INFERENCE
from shared.events import SentimentAlertRaised, SupportMessageRouted
from tidemill.commands.run import Kafka, Photos
from tidemill.display import LiveDisplay, PlainDisplay
from tidemill.ending import cancelled_by_sigterm
from tidemill.running import stack_beside
from tidemill.samples import sample_streams
from tidemill.session import session
from tidemill.terminal import OUT
from tidemill.view import View

SAMPLES_S = 15.0
PATIENCE_S = 20.0
"""After this long without any progress, inputs without a result count as lost."""


def command(kafka: Kafka = KafkaKind.MEMORY, data: Photos = None) -> None:
    """Play the samples once, wait until every input has its result or dead letter, and say so in JSON.

    The last line is one JSON object; exit code 1 when anything was lost.

    \b
    tidemill demo
    tidemill demo --kafka real | tail -1 | jq .p99_ms
    """  # noqa: D301 - \b is click's mark for lines to keep
    summary = asyncio.run(_demo(kafka, data))
    OUT.out(json.dumps(summary))
    raise typer.Exit(int(summary["lost"] > 0))


async def _demo(kafka: KafkaKind, data: Path | None) -> dict[str, Any]:
    started_s = time.monotonic()
    view = View()
    display = LiveDisplay(view, OUT) if OUT.is_terminal else PlainDisplay(view, OUT)
    with cancelled_by_sigterm(), stack_beside() as publish:
        async with session(view, display, kafka=kafka, publish=publish) as running:
            view.playing = "the samples are playing"
            sent_count = await running.play(sample_streams(data), over_s=SAMPLES_S)
            view.playing = "waiting for the last results"
            await running.settled(sent_count=sent_count, patience_s=PATIENCE_S)
    return summary(view.ledger, sent_count=sent_count, seconds=time.monotonic() - started_s)


def summary(ledger: Ledger, *, sent_count: int, seconds: float) -> dict[str, Any]:
    """Return the figures of a run; `lost` counts inputs with neither result nor dead letter."""
    counts = ledger.counts
    p50_ms, p99_ms = ledger.latency_ms()
    unseen_count = sent_count - ledger.sent_count - counts["sent_again"]
    return {
        "sent": sent_count,
        "analyzed": sum(counts[topic] for service in INFERENCE for topic in service.output_topics),
        "routed": counts[SupportMessageRouted.name],
        "alerts": counts[SentimentAlertRaised.name],
        "dead": counts["dead"],
        "lost": ledger.open_count + max(0, unseen_count),
        "repeated": counts["repeated"],
        "p50_ms": round(p50_ms, 1),
        "p99_ms": round(p99_ms, 1),
        "seconds": round(seconds, 1),
    }
