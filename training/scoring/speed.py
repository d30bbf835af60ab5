"""Speed of an exported model on this machine, with the batches of the stream workers."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.rows.examples import Examples
from training.scoring.evaluate import session_of

_ALONE_ROWS = 100
_TOGETHER_ROWS = 512
_BATCH = 32
_ROUNDS = 3
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Speed on one CPU thread without any transport."""

    processor: str
    alone_ms: float
    """Median time of a batch of one row."""

    rows_per_s: float
    """Rows per second in batches of 32 rows of similar length; the median of three rounds."""


def speed_of(model: Path, examples: Examples) -> Speed:
    """Return the speed of `model` on some hundred random rows of `examples`. Takes some seconds."""
    session = session_of(model, threads=1)
    feed = session.get_inputs()[0].name
    rows = examples.some(_TOGETHER_ROWS, _SEED)
    order = np.argsort(rows.lengths(), kind="stable")
    singles = [row.input_array() for row in rows.some(_ALONE_ROWS, _SEED).batches(1, order=_in_turn(rows))]
    batches = [batch.input_array() for batch in rows.batches(_BATCH, order=order)]

    def seconds(arrays: Sequence[NDArray[np.generic]]) -> list[float]:
        marks = [time.perf_counter()]
        for array in arrays:
            session.run(None, {feed: array})
            marks.append(time.perf_counter())
        return np.diff(marks).tolist()

    seconds(batches[-1:])  # the first call reserves the memory
    rounds = [sum(seconds(batches)) for _ in range(_ROUNDS)]
    return Speed(
        processor=processor(),
        alone_ms=round(1000.0 * float(np.median(seconds(singles))), 2),
        rows_per_s=round(len(rows) / float(np.median(rounds)), 1),
    )


def _in_turn(rows: Examples) -> NDArray[np.int64]:
    return np.arange(min(_ALONE_ROWS, len(rows)))


def processor() -> str:
    """Return the name of this machine's CPU."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
