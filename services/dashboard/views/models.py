"""Models: versions on disk, the ones that services ask, and what their cards say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from services.dashboard.charts.reliability import reliability
from services.dashboard.state.cards import Card, Metric, Report
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page
from shared.catalogue import MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """A version of a model as it is listed."""

    card: Card
    asked_by: tuple[str, ...]
    """Services that ask this version."""

    verdict: str
    tone: str
    headline: Metric | None
    """Its first figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output of a model, with the chart of its confidence."""

    report: Report
    chart: Markup


def rows(state: State) -> list[ModelRow]:
    """Return each version of each model."""
    asked: dict[tuple[str, str], list[str]] = {}
    for service in state.services.by_name.values():
        for model, version in service.versions.items():
            asked.setdefault((model, version), []).append(service.name)
    newest = {card.model: card.version for card in sorted(state.cards, key=lambda card: int(card.version))}
    return [
        _row(card, tuple(asked.get((card.model, card.version), ())), newest[card.model])
        for card in state.cards
    ]


def _row(card: Card, asked_by: tuple[str, ...], newest: str) -> ModelRow:
    if asked_by:
        verdict, tone = "answers", "good"
    elif card.model not in MODELS:
        verdict, tone = "not asked by any service", "plain"
    elif card.version == newest:
        verdict, tone = "not served yet", "warn"
    else:
        verdict, tone = "kept for a way back", "plain"
    return ModelRow(
        card=card,
        asked_by=asked_by,
        verdict=verdict,
        tone=tone,
        headline=card.metrics[0] if card.metrics else None,
    )


def strays(state: State) -> list[str]:
    """Return a sentence for each version that a service asks and the repository does not hold."""
    held = {(card.model, card.version) for card in state.cards}
    return [
        f"{service.name} asks {model} version {version}, which this repository does not hold."
        for service in state.services.by_name.values()
        for model, version in service.versions.items()
        if (model, version) not in held
    ]


def outputs(card: Card) -> list[Output]:
    """Return the outputs of a model, each with its chart."""
    return [
        Output(
            report=report,
            chart=reliability([(each.confidence, each.accuracy, each.n) for each in report.bins]),
        )
        for report in card.reports
    ]


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    found = rows(state)
    chosen = ask.get("model")
    shown = [row for row in found if row.card.model == chosen]
    return {
        "models": found,
        "strays": strays(state) if state.cards else [],
        "chosen": shown[-1] if shown else None,
        "outputs": outputs(shown[-1].card) if shown else [],
    }


PAGE = Page(
    path="models", title="Models", template="models.html", values=values, filters=("model",), needs=None
)
