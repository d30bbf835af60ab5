"""docs/reliability.md: what each way to deliver promises, what it costs, and what was measured."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.machine import machine
from deploy.local.paths import KAFKA_LIBS, ROOT
from deploy.local.redis import redis_binary
from deploy.local.triton_setup import SERVER_WHEEL
from tests.chaos.run import Outcome

PAGE = ROOT / "docs" / "reliability.md"
FIGURES = ROOT / "benchmarks" / "results" / "chaos.json"
_COLUMNS = (
    *("fault", "delivery", "times", "messages", "lost", "repeated", "out of order", "wrong"),
    *("valid but dead-lettered", "longest silence, s", "guarantees"),
)
_SHORT_COLUMNS = (
    *("", "", "times", "sent", "lost", "twice", "order", "wrong", "dead"),
    *("silent", ""),
)
_INTRODUCTION = Path(__file__).with_name("introduction.md")


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return one line an outcome, for a terminal of 80 columns; `line` has told what each one is."""
    shown = Table(*_SHORT_COLUMNS, title="Chaos", title_justify="left", box=None)
    for outcome in outcomes:
        _, delivery, *figures, _ = _cells(outcome)
        verdict = "BROKEN" if outcome.broken else "kept"
        style = "red" if outcome.broken else ""
        shown.add_row(outcome.fault.code, delivery.removesuffix("-once"), *figures, verdict, style=style)
    return shown


def total(outcomes: Sequence[Outcome]) -> str:
    """Return what was tried and how many promises were broken, in a line."""
    times = sum(outcome.times for outcome in outcomes)
    messages = sum(outcome.audit.message_count for outcome in outcomes)
    broken = sum(bool(outcome.broken) for outcome in outcomes)
    return f"{len(outcomes)} faults, {times} times, {messages:,} messages; {broken} faults broke a promise"


def line(outcome: Outcome) -> str:
    """Return what came of one fault, in a line."""
    return f"{outcome.fault.code} {outcome.fault.what}, {outcome.delivery}: {verdict(outcome)}"


def write(outcomes: Sequence[Outcome]) -> None:
    """Write the page and the figures behind it."""
    facts = {**machine(), "versions": _versions()}
    PAGE.write_text(page(outcomes, facts), encoding="utf-8")
    content = {"machine": facts, "outcomes": [_plain(outcome) for outcome in outcomes]}
    FIGURES.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def page(outcomes: Sequence[Outcome], facts: dict[str, Any]) -> str:
    """Return docs/reliability.md."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    messages = sum(outcome.audit.message_count for outcome in outcomes)
    injected = sum(outcome.times for outcome in outcomes)
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_cells, outcomes)]
    return "\n".join(
        (
            _INTRODUCTION.read_text(encoding="utf-8"),
            f"{messages:,} messages, {injected:,} injected faults, {facts['date'][:10]};",
            f"{facts['cores']} cores of {facts['processor']}, {facts['memory_gib']} GiB,",
            f"load {facts['load_before'][0]:.1f} at the end; {versions}.",
            "",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
        )
    )


def verdict(outcome: Outcome) -> str:
    """Return which promises were broken, in words."""
    return "; ".join(outcome.broken) or "kept"


def _cells(outcome: Outcome) -> tuple[str, ...]:
    audit, received = outcome.audit, outcome.receipts
    counts = (
        [*audit.lost, *received.vanished],
        audit.disordered,
        [*audit.wrong, *received.split],
        audit.healthy_dead,
    )
    lost, disordered, wrong, dead = (f"{len(found):,}" for found in counts)
    return (
        f"{outcome.fault.code} {outcome.fault.what}",
        outcome.delivery,
        f"{outcome.times:,}",
        f"{audit.message_count:,}",
        lost,
        f"{audit.repeated_count + received.again_count:,}",
        disordered,
        wrong,
        dead,
        f"{outcome.silence_s:.1f}",
        verdict(outcome),
    )


def _plain(outcome: Outcome) -> dict[str, Any]:
    counts = {
        name: len(value) if isinstance(value, Sequence) else value
        for name, value in {**asdict(outcome.audit), **asdict(outcome.receipts)}.items()
    }
    return {
        "code": outcome.fault.code,
        "fault": outcome.fault.what,
        "delivery": outcome.delivery,
        "times": outcome.times,
        **counts,
        "silence_s": round(outcome.silence_s, 2),
        "broken": list(outcome.broken),
    }


def _versions() -> dict[str, str]:
    [broker] = KAFKA_LIBS.glob("kafka-clients-*.jar")
    return {
        "Kafka": broker.stem.removeprefix("kafka-clients-"),
        "Triton": f"2.51 of {SERVER_WHEEL}",
        "Redis": _redis_version(),
    }


def _redis_version() -> str:
    said = subprocess.run([redis_binary(), "--version"], check=False, capture_output=True, text=True)
    found = re.search(r"v=(\S+)", said.stdout)
    return found[1] if found else "unknown"
