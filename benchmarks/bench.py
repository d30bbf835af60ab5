"""Set-up that all benchmarks share: input, models and number of rounds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measure

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Set-up of one run of benchmarks."""

    texts: tuple[str, ...]
    """Customer messages, all different, so no cache can answer them."""

    texts_from: str
    models: Path
    data: Path | None
    """Folder of the data sets, if any."""

    rounds: int
    minutes: float
    """Duration of a measurement over time."""

    say: Say
    """Receives progress lines."""


Question = Callable[[Bench], Awaitable[Sequence[Measure]]]
"""A benchmark. Raises ConfigError when it can't run here."""
