"""What all benchmarks share: the input, the models, how often."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measure

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The set-up of one run of benchmarks."""

    texts: tuple[str, ...]
    """Customer messages, each a different one, so that nothing can be answered from memory."""

    texts_from: str
    models: Path
    data: Path | None
    """Folder of the data sets, if there is one."""

    rounds: int
    minutes: float
    """How long what is measured over time takes."""

    say: Say
    """Hears what is being done."""


Question = Callable[[Bench], Awaitable[Sequence[Measure]]]
"""One benchmark. Raises ConfigError when it can't run here."""
