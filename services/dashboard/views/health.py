"""Health: each service, how far it is behind, and how it works."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from services.dashboard.charts.sparkline import sparkline
from services.dashboard.state.services import Figures, Watched
from services.dashboard.state.state import State
from services.dashboard.views.page import Ask, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service as it is listed."""

    name: str
    state: str
    tone: str
    why: str
    since: datetime | None
    figures: Figures
    lag_line: Markup


def row(service: Watched) -> ServiceRow:
    """Return a service as a row of the table."""
    report = service.report
    if report is None:
        state, tone, why = "not asked yet", "plain", ""
    elif report.why is None:
        state, tone, why = "ready", "good", ""
    elif report.is_live:
        state, tone, why = "waiting", "warn", report.why
    else:
        state, tone, why = "not alive", "bad", report.why
    return ServiceRow(
        name=service.name,
        state=state,
        tone=tone,
        why=why,
        since=service.since,
        figures=service.figures,
        lag_line=sparkline([each.lag for each in service.history]),
    )


def sentence(rows: list[ServiceRow]) -> str:
    """Return the health of all services in one sentence."""
    if not rows:
        return "No service is known here: TIDEMILL__SERVICES names their addresses."
    ill = [f"{each.name} is {each.state}" for each in rows if each.state != "ready"]
    return f"{len(rows) - len(ill)} of {len(rows)} services are ready" + (
        f"; {', '.join(ill)}." if ill else "."
    )


def values(state: State, ask: Ask) -> Mapping[str, Any]:
    """Return the values of the page."""
    del ask
    rows = [row(service) for service in state.services.by_name.values()]
    return {
        "services": rows,
        "sentence": sentence(rows),
        "positions": state.positions,
        "total_lag": sum(place.lag for place in state.positions.places),
    }


PAGE = Page(path="health", title="Health", template="health.html", values=values, needs=None)
