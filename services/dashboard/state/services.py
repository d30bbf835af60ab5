"""Services as they report themselves: health, and figures since the reading before."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.bus.record import Partition

HISTORY = 60
"""Readings of a service that are kept: five minutes."""


class Sample(NamedTuple):
    """One line of a service's metrics."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Answer of a service at one moment."""

    at: datetime
    why: str | None
    """Reason for which it is not ready; None when it is."""

    is_live: bool = True
    samples: tuple[Sample, ...] = ()

    def total(self, name: str, **labels: str) -> float | None:
        """Return the sum of a metric over the samples with these labels; None without any."""
        values = [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of a service between two reports; None where there is nothing to tell."""

    lag: int | None = None
    batch_size: float | None = None
    """Mean items of a model call."""

    infer_ms: float | None = None
    """Mean duration of a model call."""

    cache_share: float | None = None
    """Share of look-ups that the cache answered."""

    cores: float | None = None
    memory_bytes: float | None = None


@dataclass(slots=True)
class Watched:
    """One service."""

    name: str
    report: Report | None = None
    """The last; None before the first answer or its lack."""

    since: datetime | None = None
    """When it came into this state: ready, not ready, or not alive."""

    figures: Figures = field(default_factory=Figures)
    history: deque[Figures] = field(default_factory=lambda: deque(maxlen=HISTORY))

    def note(self, report: Report) -> None:
        """Take a report over."""
        before = self.report
        if before is None or (before.is_live, before.why is None) != (report.is_live, report.why is None):
            self.since = report.at
        self.report = report
        self.figures = figures(before, report)
        self.history.append(self.figures)

    @property
    def lag(self) -> Mapping[Partition, int]:
        """Return how many records wait in each partition that it reads."""
        samples = self.report.samples if self.report else ()
        return {
            Partition(sample.labels["stream"], int(sample.labels["partition"])): int(sample.value)
            for sample in samples
            if sample.name == "tidemill_lag_records"
        }

    @property
    def versions(self) -> Mapping[str, str]:
        """Return the version of each model that it asks."""
        samples = self.report.samples if self.report else ()
        return {
            sample.labels["model"]: f"{sample.value:.0f}"
            for sample in samples
            if sample.name == "tidemill_model_version"
        }


class Services:
    """All services whose addresses are known."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_name = {name: Watched(name) for name in names}

    def note(self, name: str, report: Report) -> None:
        """Take a report over."""
        self.by_name[name].note(report)

    def lag_of(self, topics: Iterable[str]) -> int | None:
        """Return how many records wait on these topics; None when no service tells."""
        wanted = frozenset(topics)
        found = [
            count
            for service in self.by_name.values()
            for place, count in service.lag.items()
            if place.topic in wanted
        ]
        return sum(found) if found else None


def figures(before: Report | None, now: Report) -> Figures:
    """Return the figures of the time between two reports; of the whole life where nothing happened in it."""
    lag, memory = now.total("tidemill_lag_records"), now.total("process_resident_memory_bytes")
    calls = _rise(before, now, "tidemill_batch_size_count")
    items = _rise(before, now, "tidemill_batch_size_sum")
    infer_s = _rise(before, now, "tidemill_infer_seconds_sum")
    infers = _rise(before, now, "tidemill_infer_seconds_count")
    hits = _rise(before, now, "tidemill_cache_hits_total") or 0.0
    looks = hits + (_rise(before, now, "tidemill_cache_misses_total") or 0.0)
    return Figures(
        lag=None if lag is None else int(lag),
        batch_size=items / calls if items and calls else None,
        infer_ms=1000 * infer_s / infers if infer_s and infers else None,
        cache_share=hits / looks if looks else None,
        cores=_cores(before, now),
        memory_bytes=memory,
    )


def _cores(before: Report | None, now: Report) -> float | None:
    if before is None or not before.samples or now.at <= before.at:
        return None
    rise = _rise(before, now, "process_cpu_seconds_total")
    return None if rise is None else rise / (now.at - before.at).total_seconds()


def _rise(before: Report | None, now: Report, name: str) -> float | None:
    """Return by how much a counter rose; its whole value after a restart."""
    value = now.total(name)
    earlier = before.total(name) if before else None
    if value is None or earlier is None or earlier > value:
        return value
    return value - earlier
