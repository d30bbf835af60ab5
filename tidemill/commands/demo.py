"""`tidemill demo`: plays the samples once through the whole stack and counts the results."""

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from deploy.local.samples.load import messages
from deploy.local.stack import KafkaKind
from shared.accounts.ledger import Ledger
from shared.catalogue import INFERENCE
from shared.events import SentimentAlertRaised, SupportMessageRouted
from tidemill.commands.run import Kafka, Photos
from tidemill.display import LiveDisplay, PlainDisplay
from tidemill.ending import cancelled_by_sigterm
from tidemill.page import shown_at
from tidemill.posting import Posted, differing_count, post_messages, results_on_kafka
from tidemill.running import stack_beside
from tidemill.samples import sample_streams
from tidemill.session import session
from tidemill.terminal import OUT
from tidemill.view import View

SAMPLES_S = 15.0
PATIENCE_S = 20.0
"""After this long without any progress, inputs without a result count as lost."""

POSTED_COUNT = 40
"""Messages that are posted to the gateway beside the samples."""


def command(kafka: Kafka = KafkaKind.MEMORY, data: Photos = None) -> None:
    """Play the samples once, wait until every input has its result or dead letter, and say so in JSON.

    Some messages are posted to the gateway and answered in the same call, and the page is opened once. The
    last line is one JSON object; exit code 1 when anything was lost, when an answer is not what the topics
    hold, or when the page shows other figures.

    \b
    tidemill demo
    tidemill demo --kafka real | tail -1 | jq .p99_ms
    """  # noqa: D301 - \b is click's mark for lines to keep
    summary = asyncio.run(_demo(kafka, data))
    OUT.out(json.dumps(summary))
    fine = not summary["lost"] and not summary["differing"] and summary["page_right"]
    raise typer.Exit(int(not fine))


async def _demo(kafka: KafkaKind, data: Path | None) -> dict[str, Any]:
    started_s = time.monotonic()
    view = View()
    display = LiveDisplay(view, OUT) if OUT.is_terminal else PlainDisplay(view, OUT)
    with cancelled_by_sigterm(), stack_beside() as publish:
        async with session(view, display, kafka=kafka, publish=publish) as running:
            view.playing = "the samples are playing"
            sent_count, posted = await asyncio.gather(
                running.play(sample_streams(data), over_s=SAMPLES_S),
                post_messages(view.gateway, messages()[:POSTED_COUNT]),
            )
            sent_count += sum(bool(each.event_id) for each in posted)
            view.playing = "waiting for the last results"
            await running.settled(sent_count=sent_count, patience_s=PATIENCE_S)
            differing = differing_count(posted, await results_on_kafka(running.kafka))
            page_right = await shown_at(view.dashboard, on_page(view.ledger))
    told = summary(view.ledger, posted, sent_count=sent_count, seconds=time.monotonic() - started_s)
    return {**told, "differing": differing, "page_right": page_right}


def on_page(ledger: Ledger) -> dict[str, int]:
    """Return the figures that the dashboard must show, by the heading of their column."""
    return {
        "In": ledger.sent_count + ledger.counts["sent_again"],
        "Waiting": ledger.open_count,
        "Dead": ledger.counts["dead"],
    }


def summary(
    ledger: Ledger, posted: Sequence[Posted] = (), *, sent_count: int, seconds: float
) -> dict[str, Any]:
    """Return the figures of a run.

    `lost` counts inputs with neither result nor dead letter, and posted messages without an answer.
    """
    counts = ledger.counts
    p50_ms, p99_ms = ledger.latency_ms()
    answered_count = sum(each.is_answered for each in posted)
    unseen_count = sent_count - ledger.sent_count - counts["sent_again"]
    return {
        "sent": sent_count,
        "analyzed": sum(counts[topic] for service in INFERENCE for topic in service.output_topics),
        "routed": counts[SupportMessageRouted.name],
        "alerts": counts[SentimentAlertRaised.name],
        "dead": counts["dead"],
        "posted": len(posted),
        "answered": answered_count,
        "lost": ledger.open_count + max(0, unseen_count) + len(posted) - answered_count,
        "repeated": counts["repeated"],
        "p50_ms": round(p50_ms, 1),
        "p99_ms": round(p99_ms, 1),
        "seconds": round(seconds, 1),
    }
