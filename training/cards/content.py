"""Content of a model card: facts, figures, limits and the training's own data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from training.fitting.progress import Epoch
from training.jobs.job import Facts
from training.scoring.evaluate import Report, percent
from training.scoring.speed import Speed


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one output in percent, measured on `n` rows."""

    metric: str
    value: float
    n: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Facts that only the training itself knows."""

    trained_s: float
    parameters: int = 0
    """Number of parameters, trained or pretrained, before any rounding."""

    estimated_s: float | None = None
    """Seconds that the training was expected to take when it began."""

    seed: int | None = None
    epochs: int | None = None
    """None when the command used the recipe's number."""

    encoder: str | None = None
    """Encoder that the command named; None is the recipe's."""

    thread_count: int | None = None
    """Threads of torch; None in a card that was written before this was recorded."""

    curve: Sequence[Epoch] = ()
    seeds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Values of each figure by seed, in percent; the model of the first seed ships."""

    @property
    def other_seeds(self) -> list[dict[str, float]]:
        """Figures of each seed except the first, in percent."""
        rows = zip(*self.seeds.values(), strict=True)
        return [dict(zip(self.seeds, row, strict=True)) for row in rows][1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Content of `card.json`, `card.md` and the plots."""

    model: str
    version: str
    facts: Facts
    reports: Sequence[Report]
    size_bytes: int
    sha256: Mapping[str, str]
    run: Run
    speed: Speed | None
    """None for a model without test rows."""

    @property
    def metrics(self) -> list[Figure]:
        """Figures by which models are compared, in the order of the outputs."""
        return [figure for report in self.reports for figure in self._figures(report)]

    def _figures(self, report: Report) -> list[Figure]:
        values = {
            "accuracy": report.accuracy,
            "macro F1": report.macro_f1,
            "calibration error": report.calibration_error,
            "out-of-scope AUROC": report.out_of_scope.by_energy if report.out_of_scope else None,
        }
        data = self.facts.test_data[report.output]
        names = [
            Figure(f"{report.output} entity F1", percent(each.f1), each.n, data) for each in report.spans[:1]
        ]
        return names + [
            Figure(f"{report.output} {name}", value, report.n, data)
            for name, value in values.items()
            if value is not None
        ]

    def with_seeds(self, others: Sequence[Mapping[str, float]]) -> "Card":
        """Return the card with the values of each figure by seed: its own first."""
        if not others:
            return self
        ranges = {
            figure.metric: (figure.value, *(other[figure.metric] for other in others))
            for figure in self.metrics
        }
        return replace(self, run=replace(self.run, seeds=ranges))

    def as_json(self) -> dict[str, Any]:
        """Return the content of `card.json`, shares with four digits."""
        facts = {name: value for name, value in asdict(self.facts).items() if name != "test_data"}
        content = {
            "model": self.model,
            "version": self.version,
            **facts,
            "parameters": self.run.parameters,
            "size_bytes": self.size_bytes,
            "sha256": dict(self.sha256),
            "trained_s": self.run.trained_s,
            "metrics": [asdict(figure) for figure in self.metrics],
            "reports": [asdict(report) for report in self.reports],
            "speed": asdict(self.speed) if self.speed else None,
            "run": asdict(self.run),
        }
        return {name: _rounded(value) for name, value in content.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
